"""`draw_graph`: what is in the picture, and that nothing in it overlaps."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

import minitorch as torch
from minitorch import nn
from minitorch.viz import draw_graph

SVG = "{http://www.w3.org/2000/svg}"


class Picture:
    """What a drawn SVG holds: boxes as (left, top, right, bottom), their texts, and arrows as lists of points."""

    def __init__(self, svg):
        root = ET.fromstring(svg)
        self.size = float(root.get("width")), float(root.get("height"))
        groups = [group for group in root.iter(f"{SVG}g") if group.get("class") == "box"]
        self.boxes = [self._box(group.find(f"{SVG}rect")) for group in groups]
        self.texts = [[text.text for text in group.iter(f"{SVG}text")] for group in groups]
        self.arrows = [_points(path.get("d")) for path in root.iter(f"{SVG}path") if path.get("class") == "arrow"]
        self.numbers = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "nr"]

    @staticmethod
    def _box(rect):
        x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        return x, y, x + width, y + height

    def first_lines(self):
        return sorted(lines[0] for lines in self.texts)


def _points(curve, steps=20):
    """Points along a path of M, V and C commands."""
    points = []
    for command, numbers in re.findall(r"([MVC])([-\d., ]+)", curve):
        values = [float(x) for x in re.findall(r"[-\d.]+", numbers)]
        if command == "M":
            points.append(tuple(values))
        elif command == "V":
            x, y = points[-1]
            points += [(x, y + (values[0] - y) * i / steps) for i in range(1, steps + 1)]
        else:
            points += _bezier(points[-1], values, steps)
    return points


def _bezier(start, values, steps):
    knots = [start, *zip(values[::2], values[1::2], strict=True)]
    for i in range(1, steps + 1):
        t = i / steps
        weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        yield tuple(sum(w * knot[axis] for w, knot in zip(weights, knots, strict=True)) for axis in (0, 1))


def small_network():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    return model, model(torch.ones(5, 3)).pow(2).mean()


def recurrence():
    """Leaves that are used again and again, far from each other."""
    step, enter = nn.Linear(4, 4), nn.Linear(2, 4)
    state = torch.zeros(3, 4)
    for _ in range(4):
        state = torch.tanh(step(state) + enter(torch.ones(3, 2))) * state
    left, right = state.chunk(2, 1)
    return step, (left * right * right).sum() + step.weight.sum()


def in_a_row():
    x = torch.ones(3, requires_grad=True)
    y = x
    for _ in range(60):
        y = y + x
    return None, y


@pytest.mark.parametrize("graph", [small_network, recurrence, in_a_row])
@pytest.mark.parametrize("saved", [False, True])
def test_nothing_overlaps(graph, saved):
    model, loss = graph()
    picture = Picture(draw_graph(loss, params=dict(model.named_parameters()) if model else None, saved=saved))
    width, height = picture.size
    for i, (left, top, right, bottom) in enumerate(picture.boxes):
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        for other in picture.boxes[:i]:
            assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top
        for arrow in picture.arrows:
            assert not any(left < x < right and top + 0.2 < y < bottom - 0.2 for x, y in arrow)


@pytest.mark.parametrize("graph", [small_network, recurrence, in_a_row])
def test_arrows_lead_from_box_to_box(graph):
    _, loss = graph()
    picture = Picture(draw_graph(loss))
    for arrow in picture.arrows:
        (x0, y0), (x1, y1) = arrow[0], arrow[-1]
        assert any(left < x0 < right and abs(y0 - bottom) < 0.2 for left, _, right, bottom in picture.boxes)
        assert any(left < x1 < right and abs(y1 - top) < 0.2 for left, top, right, _ in picture.boxes)
        assert all(a[1] <= b[1] + 0.2 for a, b in pairwise(arrow)), "downwards only"


def test_every_node_and_leaf_has_one_box():
    a = torch.ones(2, 3, requires_grad=True)
    b = torch.ones(2, 3)
    picture = Picture(draw_graph((a.exp() * a + b).sum(), params={"a": a}))
    assert picture.first_lines() == [
        "AddBackward0",
        "ExpBackward0",
        "MulBackward0",
        "SumBackward0",
        "a (2, 3)",
        "result ()",
    ]
    assert len(picture.arrows) == 6  # result, Sum, Add and Exp have one each, Mul has two; the constant has none


def test_names_shapes_and_dtypes():
    model, loss = small_network()
    lines = Picture(draw_graph(loss, params=dict(model.named_parameters()))).first_lines()
    assert {"0.weight (4, 3)", "0.bias (4,)", "2.weight (2, 4)", "2.bias (2,)"} <= set(lines)
    assert not any(line.startswith("leaf") for line in lines)
    double = torch.ones(2, dtype=torch.float64, requires_grad=True)
    assert Picture(draw_graph(double * 2)).first_lines()[1:] == ["leaf (2,) float64", "result (2,) float64"]


def test_shape_of_each_operation():
    x = torch.ones(2, 3, requires_grad=True)
    assert ["ExpBackward0", "(2, 3)"] in Picture(draw_graph(x.exp().sum())).texts


def test_the_same_input_twice():
    x = torch.ones(2, requires_grad=True)
    picture = Picture(draw_graph(x * x))
    assert len({arrow[-1] for arrow in picture.arrows}) == 3  # two arrows to Mul, apart from each other


def test_which_output():
    x = torch.ones(4, requires_grad=True)
    first, second = x.chunk(2)
    assert Picture(draw_graph(first + second)).numbers == ["1"]


def test_saved_tensors():
    x = torch.ones(2, 3, requires_grad=True)
    y = x.exp().sum()
    assert ["ExpBackward0", "(2, 3)", "saved: (2, 3)"] in Picture(draw_graph(y, saved=True)).texts
    y.backward()
    assert ["ExpBackward0", "(2, 3)", "saved: gone"] in Picture(draw_graph(y, saved=True)).texts


def test_a_leaf_alone():
    x = torch.ones(3, requires_grad=True)
    assert Picture(draw_graph(x)).first_lines() == ["result (3,)"]


def test_without_graph():
    with pytest.raises(RuntimeError, match=r"draw_graph: .*shape \(2, 3\).*does not require grad"):
        draw_graph(torch.ones(2, 3))


def test_written_file(tmp_path):
    x = torch.ones(3, requires_grad=True)
    text = draw_graph(x.sum(), tmp_path / "graph.svg", params={"<x> & co": x})
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == text
    assert "<x> & co (3,)" in Picture(text).first_lines()


def test_drawing_changes_nothing():
    x = torch.ones(3, requires_grad=True)
    y = x.exp().sum()
    assert draw_graph(y) == draw_graph(y)
    y.backward()
    assert x.grad is not None
