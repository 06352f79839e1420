"""Constructor signatures of compiled classes, which Cython leaves in the docstring only."""
import ast
import inspect
import re

import numpy as np


class ConstructorSignature:
    """Descriptor for a class's ``__signature__``, read from the first line of its docstring.

    A class without a constructor, or with one that passes on what it gets, has that of its base.
    `inspect.signature`, editors, and the pickling and printing of layers go by it.
    """

    def __get__(self, instance, owner):
        for cls in owner.__mro__[:-1]:                  # all but object
            constructor = vars(cls).get("__init__")
            if inspect.isfunction(constructor):         # of a class that inherits in Python
                parameters = list(inspect.signature(constructor).parameters.values())[1:]
                if not any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
                    return inspect.Signature(parameters)
            elif constructor is not None:
                return self.of_compiled(cls)
        return inspect.Signature()

    @staticmethod
    def of_compiled(cls):
        line = (cls.__doc__ or "").partition("\n")[0]
        # Cython 3.3 puts the star of keyword-only parameters one place late, maybe at the end.
        text = re.sub(r"([(,] ?)(\w+=[^=]*), \*(?=[,)])", r"\1*, \2", line[line.index("("):])
        arguments = ast.parse(f"def __init__{text}: pass").body[0].args
        kinds = [(arguments.args, inspect.Parameter.POSITIONAL_OR_KEYWORD),
                 (arguments.kwonlyargs, inspect.Parameter.KEYWORD_ONLY)]
        defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + arguments.defaults
        values = iter([*defaults, *arguments.kw_defaults])
        parameters = []
        for names, kind in kinds:
            for name in names:
                value = next(values)
                default = inspect.Parameter.empty if value is None else ast.literal_eval(value)
                parameters.append(inspect.Parameter(name.arg, kind, default=default))
        return inspect.Signature(parameters)


def arguments_of(instance):
    """Return the constructor's arguments of an instance, by name: attributes of the same names."""
    return {name: getattr(instance, name) for name in type(instance).__signature__.parameters}


def representation(instance):
    """Return ``Class(name=value, ...)``, without the arguments that have their default."""
    parameters = type(instance).__signature__.parameters
    shown = [f"{name}={value!r}" for name, value in arguments_of(instance).items()
             if isinstance(value, np.ndarray) or value != parameters[name].default]
    return f"{type(instance).__name__}({', '.join(shown)})"


def restore(cls, arguments, state):
    """Rebuild a pickled object."""
    instance = cls(**arguments)
    if state:
        instance.__setstate__(state)
    return instance
