"""Initial weights of whole networks. Source: mlpack ann/init_rules/network_init.hpp."""
from mlpack_ann._signature import ConstructorSignature, arguments_of, representation, restore
from mlpack_ann._validation import flag, shown
from mlpack_ann.init_rules.init_rule import initialize_network
from mlpack_ann.init_rules.random_init import RandomInitialization


cdef class NetworkInitialization:
    """Initialise the weights of all layers of a network by one rule.

    Parameters
    ----------
    initialize_rule : InitRule, or another object with Initialize(W), optional
        A :class:`RandomInitialization` if omitted. If its attribute `use_layer` is False it is
        called once, with all weights; else layer by layer.
    by_weight : bool, default=False
        False, as mlpack: the rule gets all `parameters` of a layer as one column (n, 1), biases
        among them, and a layer that holds others is one layer. True, as the rules' papers: it gets
        the `weight` of every layer, whose rows are the inputs of a neuron; biases become 0. Layers
        with other parameters than these keep mlpack's way.

    Notes
    -----
    Norms, `PReLU` and `FlexibleReLU` keep initial values of their own (mlpack 4's
    CustomInitialize).
    """
    __signature__ = ConstructorSignature()
    cdef readonly object initialize_rule
    cdef readonly bint by_weight

    def __init__(self, initialize_rule=None, by_weight=False):
        rule = RandomInitialization() if initialize_rule is None else initialize_rule
        if isinstance(rule, type) or not callable(getattr(rule, "Initialize", None)):
            raise TypeError(f"{type(self).__name__}: initialize_rule is {shown(rule)}, expected an "
                            "object with Initialize(W)")
        self.by_weight = flag(by_weight, self, "by_weight")
        self.initialize_rule = rule

    def Initialize(self, network):
        """Initialise the weights of a network.

        Parameters
        ----------
        network : Layer or iterable of Layer
            A container, such as :class:`~mlpack_ann.layer.Sequential`, whose layers are those of
            the network; or one layer; or several. Their sizes must be known.

        Returns
        -------
        ndarray
            All weights, flat, in the layers' order; of a layer, its live `parameters`.

        Raises
        ------
        TypeError
            If it is not made of layers, or layers in a list have weights of different dtypes.
        RuntimeError
            If a layer does not know its sizes yet.
        """
        if self.initialize_rule is None:
            raise RuntimeError(f"{type(self).__name__}: __init__ was not called, expected it to be")
        return initialize_network(self.initialize_rule, network, self, self.by_weight)

    def __repr__(self):
        return representation(self)

    def __reduce__(self):
        return restore, (type(self), arguments_of(self), None)
