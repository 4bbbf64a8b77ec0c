"""A program for PyTorch that trains by skorch, in a pipeline and a grid search of scikit-learn."""

import pickle

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier


class Net(torch.nn.Module):
    def __init__(self, units=16):
        super().__init__()
        self.hidden, self.dropout, self.out = (
            torch.nn.Linear(20, units),
            torch.nn.Dropout(0.2),
            torch.nn.Linear(units, 2),
        )

    def forward(self, x):
        return torch.softmax(self.out(self.dropout(torch.relu(self.hidden(x)))), -1)


x, y = make_classification(200, 20, n_informative=10, class_sep=2.0, random_state=0)
x, y = x.astype(np.float32), y.astype(np.int64)
torch.manual_seed(0)
net = NeuralNetClassifier(Net, max_epochs=20, lr=0.1, iterator_train__shuffle=True, verbose=0)
model = make_pipeline(StandardScaler(), net).fit(x, y)
assert accuracy_score(y, model.predict(x)) > 0.85
assert model.predict_proba(x).shape == (200, 2)
again = pickle.loads(pickle.dumps(model))
assert np.array_equal(again.predict(x), model.predict(x))
net.set_params(train_split=False, verbose=0)
search = GridSearchCV(net, {"lr": [0.01, 0.1], "module__units": [4]}, cv=2, scoring="accuracy", refit=False).fit(x, y)
model[-1].save_params(f_params="net.pt")
model[-1].load_params(f_params="net.pt")
print(sorted(search.best_params_), torch.__name__)
