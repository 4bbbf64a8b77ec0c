"""A chatbot's encoder and decoder: packed sequences, three kinds of attention, teacher forcing."""

import random
import torch
import torch.nn as nn
from torch import optim
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import Dataset, DataLoader
import itertools

SEED = 1234
random.seed(SEED)
torch.manual_seed(SEED)
torch.backends.cudnn.deterministic = True
PAD_token, SOS_token, EOS_token = 0, 1, 2
V = 15


class Pairs(Dataset):
    def __init__(self, n):
        self.data = []
        for _ in range(n):
            l = random.randint(2, 7)
            s = [random.randint(3, V - 1) for _ in range(l)]
            self.data.append((s, s[::-1]))

    def __len__(self):
        return len(self.data)

    def __getitem__(self, i):
        return self.data[i]


def zeroPadding(l, fillvalue=PAD_token):
    return list(itertools.zip_longest(*l, fillvalue=fillvalue))


def binaryMatrix(l, value=PAD_token):
    return [[0 if token == PAD_token else 1 for token in seq] for seq in l]


def collate(batch):
    batch.sort(key=lambda x: len(x[0]), reverse=True)
    src = [b[0] + [EOS_token] for b in batch]
    lengths = torch.tensor([len(s) for s in src])
    padVar = torch.LongTensor(zeroPadding(src))
    out = [b[1] + [EOS_token] for b in batch]
    padList = zeroPadding(out)
    mask = torch.BoolTensor(binaryMatrix(padList))
    return padVar, lengths, torch.LongTensor(padList), mask, max(len(o) for o in out)


class EncoderRNN(nn.Module):
    def __init__(self, hidden_size, embedding, n_layers=1, dropout=0):
        super(EncoderRNN, self).__init__()
        self.n_layers, self.hidden_size, self.embedding = n_layers, hidden_size, embedding
        self.gru = nn.GRU(
            hidden_size, hidden_size, n_layers, dropout=(0 if n_layers == 1 else dropout), bidirectional=True
        )

    def forward(self, input_seq, input_lengths, hidden=None):
        embedded = self.embedding(input_seq)
        packed = nn.utils.rnn.pack_padded_sequence(embedded, input_lengths)
        outputs, hidden = self.gru(packed, hidden)
        outputs, lens = nn.utils.rnn.pad_packed_sequence(outputs)
        outputs = outputs[:, :, : self.hidden_size] + outputs[:, :, self.hidden_size :]
        return outputs, hidden


class Attn(nn.Module):
    def __init__(self, method, hidden_size):
        super(Attn, self).__init__()
        self.method = method
        if self.method not in ["dot", "general", "concat"]:
            raise ValueError(self.method, "is not an appropriate attention method.")
        if method == "general":
            self.attn = nn.Linear(hidden_size, hidden_size)
        elif method == "concat":
            self.attn = nn.Linear(hidden_size * 2, hidden_size)
            self.v = nn.Parameter(torch.FloatTensor(hidden_size).fill_(0.1))

    def forward(self, hidden, encoder_outputs):
        if self.method == "general":
            e = torch.sum(hidden * self.attn(encoder_outputs), dim=2)
        elif self.method == "concat":
            energy = self.attn(torch.cat((hidden.expand(encoder_outputs.size(0), -1, -1), encoder_outputs), 2)).tanh()
            e = torch.sum(self.v * energy, dim=2)
        else:
            e = torch.sum(hidden * encoder_outputs, dim=2)
        return F.softmax(e.t(), dim=1).unsqueeze(1)


class LuongAttnDecoderRNN(nn.Module):
    def __init__(self, attn_model, embedding, hidden_size, output_size, n_layers=1, dropout=0.1):
        super().__init__()
        self.embedding = embedding
        self.embedding_dropout = nn.Dropout(dropout)
        self.gru = nn.GRU(hidden_size, hidden_size, n_layers, dropout=(0 if n_layers == 1 else dropout))
        self.concat = nn.Linear(hidden_size * 2, hidden_size)
        self.out = nn.Linear(hidden_size, output_size)
        self.attn = Attn(attn_model, hidden_size)
        self.n_layers = n_layers

    def forward(self, input_step, last_hidden, encoder_outputs):
        embedded = self.embedding_dropout(self.embedding(input_step))
        rnn_output, hidden = self.gru(embedded, last_hidden)
        attn_weights = self.attn(rnn_output, encoder_outputs)
        context = attn_weights.bmm(encoder_outputs.transpose(0, 1))
        rnn_output, context = rnn_output.squeeze(0), context.squeeze(1)
        concat_output = torch.tanh(self.concat(torch.cat((rnn_output, context), 1)))
        return F.softmax(self.out(concat_output), dim=1), hidden


def maskNLLLoss(inp, target, mask):
    nTotal = mask.sum()
    crossEntropy = -torch.log(torch.gather(inp, 1, target.view(-1, 1)).squeeze(1))
    loss = crossEntropy.masked_select(mask).mean()
    return loss, nTotal.item()


loader = DataLoader(Pairs(24), batch_size=8, shuffle=True, collate_fn=collate)
for method in ("dot", "general", "concat"):
    embedding = nn.Embedding(V, 16)
    encoder = EncoderRNN(16, embedding, 2, 0.1)
    decoder = LuongAttnDecoderRNN(method, embedding, 16, V, 2, 0.1)
    enc_opt = optim.Adam(encoder.parameters(), lr=0.005)
    dec_opt = optim.Adam(decoder.parameters(), lr=0.005 * 5.0)
    for epoch in range(2):
        for src, lengths, tgt, mask, max_len in loader:
            enc_opt.zero_grad()
            dec_opt.zero_grad()
            loss, print_losses, n_totals = 0, [], 0
            encoder_outputs, encoder_hidden = encoder(src, lengths)
            decoder_input = torch.LongTensor([[SOS_token for _ in range(src.size(1))]])
            decoder_hidden = encoder_hidden[: decoder.n_layers]
            teacher = True if random.random() < 0.6 else False
            for t in range(max_len):
                decoder_output, decoder_hidden = decoder(decoder_input, decoder_hidden, encoder_outputs)
                if teacher:
                    decoder_input = tgt[t].view(1, -1)
                else:
                    _, topi = decoder_output.topk(1)
                    decoder_input = torch.LongTensor([[topi[i][0] for i in range(src.size(1))]])
                mask_loss, nTotal = maskNLLLoss(decoder_output, tgt[t], mask[t])
                loss += mask_loss
                print_losses.append(mask_loss.item() * nTotal)
                n_totals += nTotal
            loss.backward()
            n = nn.utils.clip_grad_norm_(encoder.parameters(), 50.0)
            nn.utils.clip_grad_norm_(decoder.parameters(), 50.0)
            enc_opt.step()
            dec_opt.step()
        print("{} epoch {}; Average loss: {:.4f} norm {:.4f}".format(method, epoch, sum(print_losses) / n_totals, n))
seqs = [torch.randn(n, 3) for n in (2, 5, 3)]
packed = nn.utils.rnn.pack_sequence(seqs, enforce_sorted=False)
print(packed)
print(packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
lstm = nn.LSTM(3, 4, batch_first=True, bidirectional=True, proj_size=2)
out, (h, c) = lstm(packed)
o, l = pad_packed_sequence(out, batch_first=True, padding_value=-1.0, total_length=6)
print(o.shape, l, h.shape, c.shape)
print(o[0])
print(lstm)
