"""A picture of the autograd graph: `draw_graph(loss)` writes it as SVG, with a layered layout in plain Python.

Layout after Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical system structures (1981): rows by
the distance from the result, an empty slot in every row that a long arrow crosses, an order with few crossings from
means of neighbours, and at last the positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

CHARACTER, LINE, PADDING = 7.3, 16.0, 10.0  # of the text in a box, in pixels
GAP_X, GAP_Y, MARGIN = 18.0, 40.0, 20.0
BEND_WIDTH = 4.0
COLOURS = {"result": "#ffd8a8", "operation": "#e9ecef", "parameter": "#b2f2bb", "leaf": "#a5d8ff"}
LEGEND = {
    "result": "the tensor given",
    "operation": "an operation: its grad_fn and the shape it made",
    "parameter": "a leaf with a name: .grad is filled here",
    "leaf": "another leaf: .grad is filled here",
}
ARROWS = "→  the way of a value; its gradient comes back the other way"
STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#212529}"
    ".box rect{stroke:#495057}.box text{text-anchor:middle}"
    ".arrow{fill:none;stroke:#868e96;stroke-width:1.3;marker-end:url(#head)}.nr{font-size:10px}"
)

__all__ = ["draw_graph"]


def draw_graph(
    tensor: Any,
    path: str | PathLike[str] | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    saved: bool = False,
) -> str:
    """Draw the graph that made `tensor` as SVG: leaves above, `tensor` below, an arrow wherever a value went.

    `params` names leaves (`dict(model.named_parameters())`). With `saved`, an operation also lists the shapes of what
    it saved for backward. The text is returned, and written to `path` if given. RuntimeError if there is no graph.

    >>> model = torch.nn.Linear(3, 1)
    >>> loss = model(torch.ones(5, 3)).pow(2).mean()
    >>> svg = torch.viz.draw_graph(loss, params=dict(model.named_parameters()))
    >>> "MeanBackward0" in svg and "weight (1, 3)" in svg
    True
    """
    if not tensor.requires_grad:
        raise RuntimeError(
            f"draw_graph: a tensor of shape {tuple(tensor.shape)} that does not require grad has no graph to draw"
        )
    boxes = _collect(tensor, params or {}, saved)
    rows, arrows = _rows(boxes)
    _reduce_crossings(rows)
    _place(rows)
    text = _svg(rows, arrows)
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text


# ---------------------------------------------------------------- the graph


@dataclass(eq=False)
class _Box:
    """A node of the picture, or the slot that a long arrow takes in a row (`kind` "bend")."""

    kind: str
    lines: list[str] = field(default_factory=list)
    sources: list[tuple[_Box, int]] = field(default_factory=list)  # where its inputs come from, and which output
    row: int = 0  # 0 is the lowest
    above: list[_Box] = field(default_factory=list)  # neighbours in the next rows, bends included
    below: list[_Box] = field(default_factory=list)
    x: float = 0.0  # of the middle
    top: float = 0.0

    @property
    def width(self) -> float:
        return (
            max((len(line) for line in self.lines), default=0) * CHARACTER + 2 * PADDING if self.lines else BEND_WIDTH
        )

    @property
    def weight(self) -> float:
        """How much its place counts: long arrows shall be straight, leaves may stand aside."""
        return {"bend": 4.0, "leaf": 0.05, "parameter": 0.05}.get(self.kind, 1.0)

    @property
    def height(self) -> float:
        return len(self.lines) * LINE + PADDING


@dataclass(eq=False)
class _Arrow:
    """From a source over bends to a consumer."""

    way: list[_Box]
    nr: int  # which output of the source
    start: float = 0.0  # where it leaves the source, and reaches the consumer
    end: float = 0.0


def _collect(tensor: Any, params: Mapping[str, Any], saved: bool) -> list[_Box]:
    """One box for the tensor, each node and each leaf, with their sources."""
    names = {id(value): name for name, value in params.items()}
    result = _Box("result", [f"{names.get(id(tensor), 'result')} {_shape(tensor)}"])
    if tensor.grad_fn is None:
        return [result]
    found = {tensor.grad_fn: _describe(tensor.grad_fn, names, saved)}
    result.sources.append((found[tensor.grad_fn], 0))
    waiting = [tensor.grad_fn]
    while waiting:
        node = waiting.pop()
        for source, nr in node.next_functions:
            if source is None:
                continue
            if source not in found:
                found[source] = _describe(source, names, saved)
                waiting.append(source)
            found[node].sources.append((found[source], nr))
    return [result, *found.values()]


def _describe(node: Any, names: Mapping[int, str], saved: bool) -> _Box:
    """The box of one node."""
    leaf = getattr(node, "variable", None)
    if leaf is not None:
        name = names.get(id(leaf))
        return _Box("parameter" if name else "leaf", [f"{name or 'leaf'} {_shape(leaf)}"])
    lines = [node.name()]
    shapes = [str(tuple(output[0])) for output in getattr(node, "outputs", ()) if output]
    if shapes:
        lines.append(", ".join(shapes))
    if saved:
        lines += _saved(node)
    return _Box("operation", lines)


def _saved(node: Any) -> list[str]:
    """What a node saved, as a line of text; none if it saved nothing."""
    try:
        shapes = [str(tuple(x.shape)) for x in getattr(node, "saved_tensors", ()) if hasattr(x, "shape")]
    except RuntimeError:  # backward has been, or somebody wrote to it
        return ["saved: gone"]
    return ["saved: " + ", ".join(shapes)] if shapes else []


def _shape(x: Any) -> str:
    dtype = str(x.dtype).removeprefix("torch.")
    return str(tuple(x.shape)) + ("" if dtype == "float32" else f" {dtype}")


# ---------------------------------------------------------------- the layout


def _rows(boxes: list[_Box]) -> tuple[list[list[_Box]], list[_Arrow]]:
    """The rows from below, and the arrows between them."""
    _number_rows(boxes)
    rows: list[list[_Box]] = [[] for _ in range(1 + max(box.row for box in boxes))]
    for box in boxes:
        rows[box.row].append(box)
    arrows = [_Arrow(_way(rows, source, box), nr) for box in boxes for source, nr in box.sources]
    return rows, arrows


def _number_rows(boxes: list[_Box]) -> None:
    """A row above all consumers: each box is ready when the last of them has its number."""
    consumers = dict.fromkeys(boxes, 0)
    for box in boxes:
        for source, _ in box.sources:
            consumers[source] += 1
    ready = [boxes[0]]
    while ready:
        box = ready.pop()
        for source, _ in box.sources:
            source.row = max(source.row, box.row + 1)
            consumers[source] -= 1
            if consumers[source] == 0:
                ready.append(source)


def _way(rows: list[list[_Box]], source: _Box, consumer: _Box) -> list[_Box]:
    """The way from one box to another, with a new bend in every row between them."""
    bends = [_Box("bend", row=row) for row in range(source.row - 1, consumer.row, -1)]
    for bend in bends:
        rows[bend.row].append(bend)
    way = [source, *bends, consumer]
    for upper, lower in pairwise(way):
        upper.below.append(lower)
        lower.above.append(upper)
    return way


def _reduce_crossings(rows: list[list[_Box]], sweeps: int = 8) -> None:
    """Sort each row by the mean position of its neighbours, upwards and downwards in turn."""
    for sweep in range(sweeps):
        up = sweep % 2 == 0
        for i in range(1, len(rows)) if up else range(len(rows) - 2, -1, -1):
            beside = rows[i - 1] if up else rows[i + 1]
            place = {box: float(at) for at, box in enumerate(beside)}
            means = {}
            for own, box in enumerate(rows[i]):
                neighbours = box.below if up else box.above
                means[box] = _mean([place[b] for b in neighbours], float(own))
            rows[i].sort(key=means.__getitem__)


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _place(rows: list[list[_Box]], rounds: int = 40) -> None:
    """Give every box its position: as near to its neighbours as the others in its row allow."""
    for row in rows:
        _settle(row, [0.0] * len(row))
    for i in range(rounds):
        up, both = i % 2 == 1, i >= rounds - 4
        for row in rows if up else reversed(rows):
            _settle(row, [_pull(box, both or not up, both or up) for box in row])
    left = min(box.x - box.width / 2 for row in rows for box in row)
    top = MARGIN
    for row in reversed(rows):
        for box in row:
            box.x += MARGIN - left
            box.top = top + (_height(row) - box.height) / 2
        top += _height(row) + GAP_Y


def _pull(box: _Box, above: bool, below: bool) -> float:
    """Where its neighbours want a box. Leaves follow rather than lead, so that chains of operations are straight."""
    neighbours = (box.above if above else []) + (box.below if below else [])
    total = sum(b.weight for b in neighbours)
    return sum(b.x * b.weight for b in neighbours) / total if total else box.x


def _settle(row: list[_Box], wanted: list[float]) -> None:
    """The positions nearest to the wanted ones (least squares) that keep the order and leave gaps.

    Without the gaps before each box that is an isotonic regression: neighbours in the wrong order share their mean.
    """
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + GAP_X)
    groups: list[tuple[float, float, int]] = []  # (mean, weight, boxes)
    for box, want, offset in zip(row, wanted, offsets, strict=True):
        mean, weight, count = want - offset, box.weight, 1
        while groups and groups[-1][0] >= mean:
            other, others_weight, others = groups.pop()
            mean = (mean * weight + other * others_weight) / (weight + others_weight)
            weight, count = weight + others_weight, count + others
        groups.append((mean, weight, count))
    means = [mean for mean, _, count in groups for _ in range(count)]
    for box, mean, offset in zip(row, means, offsets, strict=True):
        box.x = mean + offset


def _height(row: list[_Box]) -> float:
    return max(box.height for box in row)


# ---------------------------------------------------------------- the picture


def _svg(rows: list[list[_Box]], arrows: list[_Arrow]) -> str:
    """The whole picture as text."""
    boxes = [box for row in rows for box in row if box.kind != "bend"]
    bottom = MARGIN + sum(_height(row) + GAP_Y for row in rows)
    legend, legend_width = _legend(sorted({box.kind for box in boxes}, key=list(COLOURS).index), bottom)
    width = max(legend_width, *(box.x + box.width / 2 for row in rows for box in row)) + MARGIN
    height = bottom + LINE * len(legend) + MARGIN
    head = '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}">',
            f"<style>{STYLE}</style>",
            f'<defs>{head}<path d="M0,0 L8,4 L0,8 z" fill="#868e96"/></marker></defs>',
            '<rect width="100%" height="100%" fill="white"/>',
            *_draw_arrows(rows, arrows),
            *map(_draw_box, boxes),
            *legend,
            "</svg>\n",
        ]
    )


def _draw_box(box: _Box) -> str:
    radius = 4 if box.kind == "operation" else 12
    lines = [_text(box.x, box.top + LINE * (i + 1) + 1, line) for i, line in enumerate(box.lines)]
    return (
        f'<g class="box"><rect x="{box.x - box.width / 2:.1f}" y="{box.top:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="{radius}" fill="{COLOURS[box.kind]}"/>{"".join(lines)}</g>'
    )


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f'<text{attribute} x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _draw_arrows(rows: list[list[_Box]], arrows: list[_Arrow]) -> list[str]:
    """All arrows, with the number of the output where it is not the first."""
    _spread(arrows)
    tops = [min(box.top for box in row) for row in rows]
    ends = [max(box.top + box.height for box in row) for row in rows]
    curves = [f'<path class="arrow" d="{_curve(arrow, tops, ends)}"/>' for arrow in arrows]
    numbers = [_text(a.start + 4, ends[a.way[0].row] + 11, str(a.nr), "nr") for a in arrows if a.nr]
    return curves + numbers


def _spread(arrows: list[_Arrow]) -> None:
    """Arrows that meet at one box keep a distance from each other, in the order of where they come from."""
    leaving: dict[_Box, list[_Arrow]] = {}
    arriving: dict[_Box, list[_Arrow]] = {}
    for arrow in arrows:
        leaving.setdefault(arrow.way[0], []).append(arrow)
        arriving.setdefault(arrow.way[-1], []).append(arrow)
    for box, group in leaving.items():
        group.sort(key=lambda arrow: arrow.way[1].x)
        for i, arrow in enumerate(group):
            arrow.start = _port(box, i, len(group))
    for box, group in arriving.items():
        group.sort(key=lambda arrow: arrow.way[-2].x)
        for i, arrow in enumerate(group):
            arrow.end = _port(box, i, len(group))


def _port(box: _Box, i: int, count: int) -> float:
    step = min(24.0, (box.width - 2 * PADDING) / count)
    return box.x + step * (i - (count - 1) / 2)


def _curve(arrow: _Arrow, tops: list[float], ends: list[float]) -> str:
    """Straight down through the rows, bent in the gaps between them: it never crosses a box."""
    source, *others = arrow.way
    x = arrow.start
    parts = [f"M{x:.1f},{source.top + source.height:.1f} V{ends[source.row]:.1f}"]
    for box in others:
        before, x = x, arrow.end if box is others[-1] else box.x
        middle = (ends[box.row + 1] + tops[box.row]) / 2
        parts.append(f"C{before:.1f},{middle:.1f} {x:.1f},{middle:.1f} {x:.1f},{tops[box.row]:.1f}")
        parts.append(f"V{box.top if box is others[-1] else ends[box.row]:.1f}")
    return " ".join(parts)


def _legend(kinds: list[str], top: float) -> tuple[list[str], float]:
    """What the colours and arrows mean, as drawn lines, and their width."""
    rows = [(COLOURS[kind], LEGEND[kind]) for kind in kinds]
    drawn = [
        f'<rect x="{MARGIN}" y="{top + LINE * i:.1f}" width="12" height="12" rx="3" stroke="#495057" fill="{colour}"/>'
        + _text(MARGIN + 20, top + LINE * i + 10, text)
        for i, (colour, text) in enumerate(rows)
    ]
    drawn.append(_text(MARGIN, top + LINE * len(rows) + 10, ARROWS))
    longest = max(len(ARROWS), *(len(text) + 3 for _, text in rows))
    return drawn, MARGIN + longest * CHARACTER
