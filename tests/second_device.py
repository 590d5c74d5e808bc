"""A second device that computes on the processor, and keeps its tensors apart as a GPU does.

While `second_device()` is open, `cuda` names a device whose tensors are `Elsewhere`: each holds a
tensor of the processor, calls itself `cuda:0`, and has a copy of its own of what is moved there.
Like a GPU it refuses

- operations between its tensors and the processor's, but for those that CUDA allows: numbers
  without axes, copies, and indices that lie on the processor;
- to be read by numpy;
- to draw from a generator of the processor.

Autograd sees ordinary tensors, so gradients, optimizers and modules work as they are written.
What needs kernels of a GPU does not: compilation, `flex` and `varlen` attention, products in 8
bits; nor do ranks, streams or a graph, a tensor that is given other `data`, or a library that asks
whether there is a GPU. Autocast follows the processor's list of operations.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten

HERE = torch.device("cuda", 0)

MIXED = {aten.copy_, aten._foreach_copy_, aten._foreach_copy, aten.copy}
"""What may take tensors of both devices."""

INDEXED = {aten.index, aten.index_put, aten.index_put_, aten._index_put_impl_}
"""What may take indices of the processor, as its second argument."""

NO_NUMBERS = {aten.cat, aten.stack}
"""What does not even take numbers without axes of the other device."""

FACTORIES = (
    *("arange", "as_tensor", "asarray", "empty", "empty_like", "eye", "full", "full_like"),
    *("linspace", "logspace", "normal", "ones", "ones_like", "rand", "rand_like", "randint"),
    *("randint_like", "randn", "randn_like", "randperm", "scalar_tensor", "tensor"),
    *("tril_indices", "triu_indices", "zeros", "zeros_like"),
)
"""Functions of torch that make tensors."""

SHARING = ("as_tensor", "asarray")
"""Those whose tensors may share memory with what they are made of."""

METHODS = ("new_empty", "new_full", "new_ones", "new_tensor", "new_zeros")
"""Methods of a tensor that do so where it lies."""


class Elsewhere(Tensor):
    """A tensor of the second device."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> "Elsewhere":
        made = Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
        )
        made.held = held
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _computed(func, args, kwargs or {})

    device = property(lambda _self: HERE)
    is_cuda = property(lambda _self: True)
    is_cpu = property(lambda _self: False)

    def get_device(self):
        return 0

    def numpy(self, *, force=False):
        if force:
            return self.detach().cpu().numpy()
        raise TypeError(
            "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor "
            "to host memory first."
        )

    def __array__(self, *_args):
        return self.numpy()

    def tolist(self):
        return self.held.tolist()

    def untyped_storage(self):
        return self.held.untyped_storage()

    def data_ptr(self):
        return self.held.data_ptr()

    def __deepcopy__(self, memo):
        made = Elsewhere(self.held.clone()).requires_grad_(self.requires_grad)
        if getattr(self, "_is_param", False):
            made._is_param = True
        memo[id(self)] = made
        return made

    def __repr__(self, **_options):
        return f"Elsewhere({self.held!r})"

    # A module that moves keeps its parameters, as on a GPU, where these two are defined.
    def __tensor_flatten__(self):
        return ["held"], None

    @staticmethod
    def __tensor_unflatten__(tensors, _about, _size, _stride):
        return Elsewhere(tensors["held"])


class _Moved(torch.autograd.Function):
    """A copy on the other device, through which gradients flow back."""

    @staticmethod
    def forward(_ctx, tensor):
        return _copied(tensor)

    @staticmethod
    def backward(_ctx, gradient):
        return _copied(gradient)


def _copied(tensor: Tensor) -> Tensor:
    if isinstance(tensor, Elsewhere):
        return tensor.held.clone()
    return Elsewhere(tensor.detach().clone())


def _placed(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor where it is wanted: itself, or its copy."""
    return tensor if tensor.device.type == device.type else _Moved.apply(tensor)


def _tensors(*values: object) -> Iterator[Tensor]:
    """The tensors among arguments, those in lists as well."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(*value)


def _is_elsewhere(*values: object) -> bool:
    return any(type(one) is Elsewhere for one in _tensors(*values))


def _mapped(change: Callable[[Any], Any], value):
    if isinstance(value, (list, tuple)):
        return type(value)([_mapped(change, one) for one in value])
    return change(value) if isinstance(value, Tensor) else value


def _bare(value: Tensor) -> Tensor:
    return value.held if type(value) is Elsewhere else value


def _computed(func, args, kwargs):
    """What an operation gives, on the device of what it was given."""
    given = [*_tensors(*args, *kwargs.values())]
    elsewhere = {id(one.held): one for one in given if type(one) is Elsewhere}
    if not elsewhere:
        return func(*args, **kwargs)
    if len(elsewhere) < len(given) or "generator" in kwargs:
        _refuse_mixture(func, args, kwargs)
    own = {id(one) for one in given}
    options = {name: _mapped(_bare, value) for name, value in kwargs.items()}
    made = func(*_mapped(_bare, args), **options)
    # What was changed in place is what was given, and not another name for it.
    return _mapped(
        lambda one: (
            elsewhere[id(one)]
            if id(one) in elsewhere
            else one
            if id(one) in own
            else Elsewhere(one)
        ),
        made,
    )


def _refuse_mixture(func, args, kwargs) -> None:
    _refuse_generators(one for one in kwargs.values() if isinstance(one, torch.Generator))
    packet = func.overloadpacket
    if packet in MIXED:
        return
    tensors = [*_tensors(*args, *kwargs.values())]
    if packet in INDEXED and type(args[0]) is Elsewhere:
        tensors = [args[0], *_tensors(*args[2:])]
    strangers = [one for one in tensors if type(one) is not Elsewhere]
    changed = func._schema.arguments[0].alias_info if strangers else None
    written = args[0] if changed and changed.is_write else None
    if any(one.ndim or packet in NO_NUMBERS or one is written for one in strangers):
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"cuda:0 and cpu! (when computing {func})"
        )


def _refuse_generators(generators: Iterable[torch.Generator]) -> None:
    if any(one.device.type == "cpu" for one in generators):
        raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")


class _Calls(TorchFunctionMode):
    """Knows whether the call under way was handed a tensor of the second device."""

    def __init__(self) -> None:
        super().__init__()
        self.elsewhere: list[bool] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.elsewhere.append(_is_elsewhere(*args, *(kwargs or {}).values()))
        try:
            return func(*args, **(kwargs or {}))
        finally:
            self.elsewhere.pop()


class _Inside(TorchDispatchMode):
    """Puts what an operation makes for itself on the device that it computes on."""

    def __init__(self, calls: _Calls) -> None:
        super().__init__()
        self.calls = calls

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = _computed(func, args, kwargs or {})
        anew = type(made) is Tensor and made.is_cpu and not [*_tensors(*args)]
        return Elsewhere(made) if anew and self.calls.elsewhere[-1:] == [True] else made


def _device(value: object) -> torch.device | None:
    """The device that an argument names; None where it names none."""
    return None if value is None else torch.device(value)


def _factory(calls: _Calls, make: Callable[..., Tensor]) -> Callable[..., Tensor]:
    @wraps(make)
    def made(*args, device=None, **options):
        wanted = _device(device)
        if wanted is None:
            return make(*args, **options)
        generator = options.get("generator")
        if wanted.type == "cuda" and generator is not None:
            _refuse_generators([generator])
        if args and isinstance(args[0], Elsewhere):
            args = (_placed(args[0], torch.device("cpu")), *args[1:])
        calls.elsewhere.append(False)
        try:
            plain = make(*args, device="cpu" if wanted.type == "cuda" else wanted, **options)
        finally:
            calls.elsewhere.pop()
        if wanted.type != "cuda" or make.__name__ in SHARING:
            return _placed(plain, wanted)
        return Elsewhere(plain.detach()).requires_grad_(plain.requires_grad)

    return made


def _to(plain: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def to(self, *args, device=None, dtype=None, **options):
        options.pop("non_blocking", None)
        for one in args:
            if isinstance(one, Tensor):
                device, dtype = one.device, one.dtype
            elif isinstance(one, torch.dtype):
                dtype = one
            elif isinstance(one, (str, int, torch.device)) and not isinstance(one, bool):
                device = one
        wanted = _device(device)
        if wanted is not None and wanted.type == "meta":
            return plain(_bare(self).detach(), device=device, dtype=dtype, **options)
        if self.is_meta:
            return plain(self, device=device, dtype=dtype, **options)
        moved = self if wanted is None else _placed(self, wanted)
        return plain(moved, dtype=dtype or self.dtype, **options)

    return to


def _method(plain: Callable[..., Tensor]) -> Callable[..., Tensor]:
    @wraps(plain)
    def made(self, *args, device=None, **options):
        wanted = self.device if device is None else _device(device)
        if self.is_meta or wanted.type == "meta":
            return plain(_bare(self), *args, device=wanted, **options)
        result = plain(_bare(self), *args, **options)
        return Elsewhere(result) if wanted.type == "cuda" else result

    return made


@contextmanager
def second_device() -> Iterator[None]:
    """While it is open, there is a device of the name `cuda`."""
    calls = _Calls()
    # `with torch.device(...)` looks for the functions by which it changes them, once a process.
    _device_constructors()
    with pytest.MonkeyPatch.context() as patch, calls, _Inside(calls):
        for name in FACTORIES:
            patch.setattr(torch, name, _factory(calls, getattr(torch, name)))
        for name in METHODS:
            patch.setattr(Tensor, name, _method(getattr(Tensor, name)))
        patch.setattr(Tensor, "to", _to(Tensor.to))
        patch.setattr(Tensor, "cpu", lambda self, *_args: self.to("cpu"))
        patch.setattr(Tensor, "cuda", lambda self, *_args, **_options: self.to("cuda"))
        _patch_autocast(patch)
        _patch_cuda(patch)
        # Else a module that moves gets other parameters, and those that were tied come apart.
        kept = torch.__future__.get_swap_module_params_on_conversion()
        torch.__future__.set_swap_module_params_on_conversion(True)
        try:
            yield
        finally:
            torch.__future__.set_swap_module_params_on_conversion(kept)


def _patch_autocast(patch: pytest.MonkeyPatch) -> None:
    def mapped(device):
        return "cpu" if torch.device(device).type == "cuda" else device

    begin = torch.amp.autocast_mode.autocast.__init__

    def init(self, device_type, *args, **options):
        begin(self, mapped(device_type), *args, **options)

    patch.setattr(torch.amp.autocast_mode.autocast, "__init__", init)
    for name in ("is_autocast_enabled", "get_autocast_dtype"):
        plain = getattr(torch, name)
        patch.setattr(torch, name, lambda device="cpu", plain=plain: plain(mapped(device)))


def _patch_cuda(patch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "synchronize": None,
        "is_bf16_supported": False,
        "get_device_name": "a processor",
        "get_device_capability": (0, 0),
        "set_device": None,
    }.items():
        patch.setattr(torch.cuda, name, lambda *_args, value=value, **_options: value)
