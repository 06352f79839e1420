"""Loss functions, under mlpack's names."""
from mlpack_ann.loss_functions.huber_loss import HuberLoss
