"""Speech in miniature: convolutions and GRUs with the CTC loss."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.utils.data as data
from typing import List, Tuple
import math

torch.manual_seed(0)


class TextTransform:
    def __init__(self):
        self.char_map = {c: i for i, c in enumerate("' abcdefgh")}
        self.index_map = {i: c for c, i in self.char_map.items()}

    def text_to_int(self, text):
        return [self.char_map[c] for c in text]

    def int_to_text(self, labels):
        return "".join(self.index_map[i] for i in labels)


tt = TextTransform()
blank = 10


def data_processing(batch: List[Tuple[torch.Tensor, str]]):
    spectrograms, labels, input_lengths, label_lengths = [], [], [], []
    for spec, utt in batch:
        spectrograms.append(spec)
        label = torch.Tensor(tt.text_to_int(utt))
        labels.append(label)
        input_lengths.append(spec.shape[0] // 2)
        label_lengths.append(len(label))
    spectrograms = nn.utils.rnn.pad_sequence(spectrograms, batch_first=True).unsqueeze(1).transpose(2, 3)
    labels = nn.utils.rnn.pad_sequence(labels, batch_first=True)
    return spectrograms, labels, input_lengths, label_lengths


def GreedyDecoder(output, labels, label_lengths, blank_label=blank, collapse_repeated=True):
    arg_maxes = torch.argmax(output, dim=2)
    decodes, targets = [], []
    for i, args in enumerate(arg_maxes):
        decode = []
        targets.append(tt.int_to_text(labels[i][: label_lengths[i]].tolist()))
        for j, index in enumerate(args):
            if index != blank_label:
                if collapse_repeated and j != 0 and index == args[j - 1]:
                    continue
                decode.append(index.item())
        decodes.append(tt.int_to_text(decode))
    return decodes, targets


class CNNLayerNorm(nn.Module):
    def __init__(self, n_feats):
        super().__init__()
        self.layer_norm = nn.LayerNorm(n_feats)

    def forward(self, x):
        x = x.transpose(2, 3).contiguous()
        x = self.layer_norm(x)
        return x.transpose(2, 3).contiguous()


class ResidualCNN(nn.Module):
    def __init__(self, i, o, kernel, stride, dropout, n_feats):
        super().__init__()
        self.cnn1 = nn.Conv2d(i, o, kernel, stride, padding=kernel // 2)
        self.cnn2 = nn.Conv2d(o, o, kernel, stride, padding=kernel // 2)
        self.dropout1, self.dropout2 = nn.Dropout(dropout), nn.Dropout(dropout)
        self.layer_norm1, self.layer_norm2 = CNNLayerNorm(n_feats), CNNLayerNorm(n_feats)

    def forward(self, x):
        residual = x
        x = self.cnn1(self.dropout1(F.gelu(self.layer_norm1(x))))
        x = self.cnn2(self.dropout2(F.gelu(self.layer_norm2(x))))
        x += residual
        return x


class BiGRU(nn.Module):
    def __init__(self, dim, hidden, dropout, batch_first):
        super().__init__()
        self.BiGRU = nn.GRU(
            input_size=dim, hidden_size=hidden, num_layers=1, batch_first=batch_first, bidirectional=True
        )
        self.layer_norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        x = F.gelu(self.layer_norm(x))
        x, _ = self.BiGRU(x)
        return self.dropout(x)


class Speech(nn.Module):
    def __init__(self, n_feats=8, rnn_dim=12, n_class=11, dropout=0.1):
        super().__init__()
        self.cnn = nn.Conv2d(1, 4, 3, stride=2, padding=3 // 2)
        self.rescnn = nn.Sequential(*[ResidualCNN(4, 4, 3, 1, dropout, n_feats // 2) for _ in range(2)])
        self.fc = nn.Linear(n_feats // 2 * 4, rnn_dim)
        self.rnn = nn.Sequential(
            *[BiGRU(rnn_dim if i == 0 else rnn_dim * 2, rnn_dim, dropout, i == 0) for i in range(2)]
        )
        self.classifier = nn.Sequential(
            nn.Linear(rnn_dim * 2, rnn_dim), nn.GELU(), nn.Dropout(dropout), nn.Linear(rnn_dim, n_class)
        )

    def forward(self, x):
        x = self.rescnn(self.cnn(x))
        sizes = x.size()
        x = x.view(sizes[0], sizes[1] * sizes[2], sizes[3]).transpose(1, 2)
        return self.classifier(self.rnn(self.fc(x)))


words = ["abc", "h'a", "deaf", "egg", "bad cab", "fed"]
g = torch.Generator()
g.manual_seed(2)
ds = [(torch.randn(12 + 4 * len(w), 8, generator=g), w) for w in words]
loader = data.DataLoader(dataset=ds, batch_size=3, shuffle=True, collate_fn=lambda x: data_processing(x))
model = Speech()
print(model)
optimizer = torch.optim.AdamW(model.parameters(), 5e-3)
criterion = nn.CTCLoss(blank=blank)
scheduler = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, max_lr=5e-3, steps_per_epoch=int(len(loader)), epochs=4, anneal_strategy="linear"
)
for epoch in range(4):
    for batch_idx, (spec, labels, il, ll) in enumerate(loader):
        optimizer.zero_grad()
        output = F.log_softmax(model(spec), dim=2).transpose(0, 1)
        loss = criterion(output, labels, il, ll)
        loss.backward()
        optimizer.step()
        scheduler.step()
        print(
            "Train Epoch: {} [{}/{} ({:.0f}%)]\tLoss: {:.6f} lr {:.6f}".format(
                epoch,
                batch_idx * len(spec),
                len(loader.dataset),
                100.0 * batch_idx / len(loader),
                loss.item(),
                scheduler.get_last_lr()[0],
            )
        )
print(GreedyDecoder(output.transpose(0, 1), labels.int(), ll))
lp = torch.randn(12, 2, 5, requires_grad=True)
for red in ("none", "sum", "mean"):
    l = F.ctc_loss(
        lp.log_softmax(2),
        torch.tensor([1, 2, 2, 3, 1]),
        torch.tensor([12, 9]),
        torch.tensor([3, 2]),
        blank=0,
        reduction=red,
        zero_infinity=True,
    )
    l.sum().backward()
    print(l, lp.grad.abs().sum())
