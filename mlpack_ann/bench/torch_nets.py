"""The nets of `nets`, as a user of PyTorch writes them: modules, autograd, and its optimiser."""
import torch
from torch import nn

CLASSES, RATE = 10, 0.01


def mlp():
    """Return a net of 784, 256 and 10 units."""
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, CLASSES),
                         nn.LogSoftmax(dim=1))


def lenet(side=28, width=1):
    """Return a net like LeNet-5; `width` multiplies the channels of its convolutions."""
    few, many, pixels = 6 * width, 16 * width, (side // 2 - 4) // 2
    return nn.Sequential(
        nn.Conv2d(1, few, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(few, many, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(many * pixels * pixels, 120), nn.ReLU(),
        nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, CLASSES), nn.LogSoftmax(dim=1))


def like(net, name, batch, **sizes):
    """Return the arguments of `step` for a net of `nets`, with the same weights and batch."""
    model = globals()[name](**sizes).to(torch.from_numpy(net.x).dtype)
    weights = [layer for layer in net.layers if layer.parameters is not None]
    modules = [module for module in model if list(module.parameters())]
    with torch.no_grad():
        for layer, module in zip(weights, modules):
            flat, size = torch.from_numpy(layer.parameters), module.weight.numel()
            if isinstance(module, nn.Linear):
                module.weight.copy_(flat[:size].reshape(module.weight.shape[::-1]).T)
            else:
                module.weight.copy_(flat[:size].reshape(module.weight.shape))
            module.bias.copy_(flat[size:])
    return model, *trained(model), torch.from_numpy(net.x), torch.from_numpy(net.labels)


def trained(model):
    """Return the loss and the optimiser of a model."""
    return nn.NLLLoss(), torch.optim.SGD(model.parameters(), RATE)


def step(model, criterion, optimiser, x, labels):
    """Learn the batch once; return the loss before."""
    optimiser.zero_grad()
    loss = criterion(model(x), labels)
    loss.backward()
    optimiser.step()
    return loss.detach()
