"""A language model, letter by letter: an LSTM reads six sonnets; the seventh says when to stop, the eighth tests.

    python examples/sonnets_lstm.py

Under a minute on two cores. The text is cut into strips that are read side by side; the state of one piece is carried
to the next without its graph, so that the model can look back further than it is trained through. The target: the
eighth sonnet must be likelier to it than to a table of which letter follows which. It ends with status 1 otherwise.
"""

import sys
from pathlib import Path

import minitorch as torch
import minitorch.nn.functional as F
from minitorch import nn

TEXT = Path(__file__).parent / "data" / "sonnets.txt"
STRIPS, PIECE, EPOCHS, RATE = 16, 32, 40, 5e-3


class Reader(nn.Module):
    """Letters (t, n) → scores of the next ones (t, n, vocabulary), and the state."""

    def __init__(self, vocabulary, width=32, hidden=128):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.dropout = nn.Dropout(0.3)
        self.lstm = nn.LSTM(width, hidden)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, letters, state=None):
        out, state = self.lstm(self.dropout(self.embedding(letters)), state)
        return self.head(self.dropout(out)), state


def strips(text):
    """The text in STRIPS columns, what is left over cut off: (length, STRIPS)."""
    length = len(text) // STRIPS
    return text[: length * STRIPS].view(STRIPS, length).t().contiguous()


def train_epoch(model, optimizer, columns):
    """Once through the text, piece by piece; the mean loss in nats per letter."""
    model.train()
    state, losses = None, []
    for start in range(0, len(columns) - 1, PIECE):
        piece = columns[start : start + PIECE + 1]
        if state is not None:
            state = tuple(part.detach() for part in state)
        scores, state = model(piece[:-1], state)
        loss = F.cross_entropy(scores.flatten(0, 1), piece[1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


@torch.no_grad()
def evaluate(model, text):
    """Nats per letter of a text (t,)."""
    model.eval()
    scores, _ = model(text[:-1, None])
    return F.cross_entropy(scores[:, 0], text[1:]).item()


@torch.no_grad()
def write(model, start, letters, count=120, temperature=0.7):
    """Go on from a beginning, a letter at a time."""
    model.eval()
    written = [letters.index(c) for c in start]
    scores, state = model(torch.tensor(written)[:, None])
    for _ in range(count):
        chances = (scores[-1] / temperature).softmax(-1)
        drawn = torch.multinomial(chances, 1)
        written.append(drawn.item())
        scores, state = model(drawn.t(), state)
    return "".join(letters[i] for i in written)


def pairs_of_letters(text, test, count):
    """Nats per letter of the test by how often a letter followed another in the text."""
    table = torch.full((count, count), 0.1)
    table.index_put_((text[:-1], text[1:]), torch.ones(len(text) - 1), accumulate=True)
    return F.nll_loss((table / table.sum(1, keepdim=True)).log()[test[:-1]], test[1:]).item()


def main():
    torch.manual_seed(0)
    characters = TEXT.read_text()
    letters = sorted(set(characters))
    codes = torch.tensor([letters.index(c) for c in characters])
    last = characters.rindex("\n\n") + 2
    border = characters.rindex("\n\n", 0, last - 2) + 2
    text, watched, test = codes[:border], codes[border:last], codes[last:]
    print(f"{len(text)} letters to learn from, {len(test)} to test; {len(letters)} different ones")

    model = Reader(len(letters))
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
    columns, best, kept = strips(text), float("inf"), None
    for epoch in range(EPOCHS):
        loss = train_epoch(model, optimizer, columns)
        found = evaluate(model, watched)
        schedule.step(found)
        if found < best:
            best, kept = found, {name: x.clone() for name, x in model.state_dict().items()}
        if (epoch + 1) % 5 == 0:
            rate = optimizer.param_groups[0]["lr"]
            print(
                f"epoch {epoch + 1:2d}: learnt {loss:.3f}, the seventh sonnet {found:.3f} nats per letter, rate "
                f"{rate:g}"
            )
    model.load_state_dict(kept)
    tested, baseline = evaluate(model, test), pairs_of_letters(text, test, len(letters))
    print(f"\nthe eighth sonnet: {tested:.3f} nats per letter; by pairs of letters {baseline:.3f}\n")
    print(write(model, "Shall I compare thee ", letters))
    if tested >= baseline:
        sys.exit("The target is to be better than pairs of letters.")


if __name__ == "__main__":
    main()
