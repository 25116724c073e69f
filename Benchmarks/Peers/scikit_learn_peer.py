"""scikit-learn: one call of MLPRegressor.fit for all epochs, so that samples are checked once and not once an epoch."""

import warnings

import numpy
import sklearn
import threadpoolctl
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

import peer


class ScikitLearn(peer.Peer):
    """Settings: `threads` of the library that multiplies matrices."""

    def __init__(self, work, x, y, settings):
        warnings.simplefilter("ignore", ConvergenceWarning)
        threadpoolctl.threadpool_limits(settings["threads"])
        self.work = work
        self.x, self.y = x, y[:, 0] if y.shape[1] == 1 else y
        # Half the squared error is its loss: its gradient is half of everybody's, which Adam does not feel.
        rate = work.learning_rate * (2 if work.optimizer == "sgd" else 1)
        self.model = MLPRegressor(
            hidden_layer_sizes=work.widths[1:-1], activation="relu" if work.activation == "relu" else "logistic",
            solver=work.optimizer, learning_rate_init=rate, momentum=0, alpha=0, batch_size=work.batch, shuffle=True,
            tol=0, n_iter_no_change=2**31, early_stopping=False, warm_start=True)
        # The first fit makes the fields that `reset` sets.
        self.train(1, rows=work.batch)

    def reset(self, layers):
        self.model.coefs_ = [kernel.copy() for kernel, _ in layers]
        self.model.intercepts_ = [bias.copy() for _, bias in layers]
        # The optimizer refers to the arrays of parameters, and is made anew where there is none.
        del self.model._optimizer
        self.model.t_, self.model.n_iter_ = 0, 0
        self.model.loss_curve_, self.model.best_loss_ = [], numpy.inf

    def train(self, epochs, rows=None):
        self.model.set_params(max_iter=epochs)
        self.model.fit(self.x[:rows], self.y[:rows])

    def layers(self):
        return list(zip(self.model.coefs_, self.model.intercepts_))

    def versions(self):
        return {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__}


if __name__ == "__main__":
    peer.main(ScikitLearn)
