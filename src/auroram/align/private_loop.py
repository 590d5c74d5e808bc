"""The steps of a tuning, plain or private: every exchange is drawn with the same chance.

Opacus clips the gradient of each exchange, adds the noise and keeps the account; how many are
drawn, in what order, and what a step without any does, is decided here.
"""

import secrets
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from auroram.align.private_settings import Privacy, PrivateTuning
from auroram.align.private_state import PrivateState
from auroram.align.rows import Row, row_losses
from auroram.errors import DataError, RunError, UserError
from auroram.ports import Progress

ACCOUNTANT = "prv"
CHECKPOINTS = 10
"""That a tuning writes, about; only the last is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run has given away about one exchange, at most."""

    epsilon: float
    delta: float
    noise: float
    """Standard deviation of the noise, in lengths of the clipped gradient."""
    accountant: str = "prv"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateLoop:
    """What is learned from, and how."""

    rows: Sequence[Row]
    settings: PrivateTuning
    seed: int
    progress: Progress
    work: Path
    """The folder of the state that a stopped tuning goes on from."""

    @property
    def share(self) -> float:
        """Chance of each exchange to be in a step."""
        return min(1.0, self.settings.batch / len(self.rows))

    @property
    def steps(self) -> int:
        """As many as show each exchange `epochs` times on average."""
        return max(1, round(self.settings.epochs / self.share))

    def tune(self, model: PreTrainedModel) -> Spent | None:
        """Tune the model in place; what it has given away, or None where privacy is not asked for.

        Raises:
            DataError: where delta is too large to protect anyone.
            UserError: where Opacus is not installed.
            RunError: where no weight moved.
        """
        learning = learning_weights(model)
        before = [parameter.detach().clone() for parameter in learning]
        optimizer = torch.optim.Adam(learning, lr=self.settings.rate)
        spent = None
        if self.settings.privacy is None:
            self._plain(model, self._state(learning, optimizer))
        else:
            noise = _noise_source(self.settings.privacy, self.seed)
            # Noise that is secret is not written down.
            kept = () if self.settings.privacy.secret_noise else (noise,)
            state = self._state(learning, optimizer, *kept)
            spent = self._private(model, state, noise, self.settings.privacy)
        if all(torch.equal(old, new) for old, new in zip(before, learning, strict=True)):
            raise RunError("private tuning: no weight moved; gradients did not reach the layers")
        return spent

    def _state(
        self,
        learning: Sequence[nn.Parameter],
        optimizer: torch.optim.Optimizer,
        *noise: torch.Generator,
    ) -> PrivateState:
        drawing = torch.Generator().manual_seed(self.seed)
        return PrivateState(
            file=self.work / "state.safetensors",
            learning=learning,
            optimizer=optimizer,
            generators=(drawing, *noise),
        )

    def _plain(self, model: nn.Module, state: PrivateState) -> None:
        for drawn in self._draws(state.optimizer, state):
            if drawn:
                row_losses(model, drawn).mean().backward()  # type: ignore[no-untyped-call]
                state.optimizer.step()

    def _private(
        self,
        model: PreTrainedModel,
        state: PrivateState,
        noise_source: torch.Generator,
        privacy: Privacy,
    ) -> Spent:
        if privacy.delta >= 1 / len(self.rows):
            raise DataError(
                f"privacy.delta: {privacy.delta:g} is no protection for {len(self.rows)} "
                f"exchanges; set it below {1 / len(self.rows):.1g}"
            )
        opacus = _opacus()
        noise = self._noise(opacus, privacy)
        wrapped = opacus.GradSampleModule(model, loss_reduction="sum")
        for layer in linear_layers(model):
            # Opacus sees layers that train alone; the others stay as they are, without dropout.
            layer.train()
        noisy = opacus.optimizers.DPOptimizer(
            state.optimizer,
            noise_multiplier=noise,
            max_grad_norm=privacy.clip,
            expected_batch_size=max(1, round(self.share * len(self.rows))),
            generator=noise_source,
        )
        with warnings.catch_warnings():
            # Inputs of the first layer need no gradient, since the embedding does not learn.
            warnings.simplefilter("ignore")
            for drawn in self._draws(noisy, state):
                if drawn:
                    row_losses(wrapped, drawn).sum().backward()  # type: ignore[no-untyped-call]
                else:
                    _nobody(noisy)
                noisy.step()
        wrapped.to_standard_module()
        model.train(mode=False)
        epsilon = self._epsilon(opacus, privacy, noise)
        return Spent(epsilon=round(epsilon, 4), delta=privacy.delta, noise=round(noise, 4))

    def _noise(self, opacus: Any, privacy: Privacy) -> float:  # noqa: ANN401
        """The noise with which the run ends at the epsilon that is allowed."""
        with warnings.catch_warnings():
            # The accountant bounds its search by another, coarser one, which warns of its edges.
            warnings.simplefilter("ignore")
            found: float = opacus.accountants.utils.get_noise_multiplier(
                target_epsilon=privacy.epsilon,
                target_delta=privacy.delta,
                sample_rate=self.share,
                steps=self.steps,
                accountant=ACCOUNTANT,
            )
        return found

    def _epsilon(self, opacus: Any, privacy: Privacy, noise: float) -> float:  # noqa: ANN401
        accountant = opacus.accountants.create_accountant(ACCOUNTANT)
        accountant.history = [(noise, self.share, self.steps)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(accountant.get_epsilon(privacy.delta))

    def _draws(self, optimizer: Any, state: PrivateState) -> Iterator[list[Row]]:  # noqa: ANN401 -- Opacus's is no torch optimizer
        """The exchanges of each step that is left, with the gradients cleared and the rate set.

        Once a step is made, its state is kept now and then.
        """
        done, drawing = state.restore(), state.generators[0]
        self.progress.start("private tuning", total=self.steps, unit="steps", done=done)
        for step in range(done, self.steps):
            rise = (step + 1) / max(1.0, self.settings.warmup * self.steps)
            for group in optimizer.param_groups:
                group["lr"] = self.settings.rate * min(1.0, rise)
            optimizer.zero_grad()
            chosen = torch.rand(len(self.rows), generator=drawing) < self.share
            yield [self.rows[i] for i in chosen.nonzero()[:, 0].tolist()]
            if (step + 1) % max(1, self.steps // CHECKPOINTS) == 0:
                state.save(step + 1)
            self.progress.advance(1)


def linear_layers(model: PreTrainedModel) -> list[nn.Module]:
    """The linear layers but the head, which most models tie to the embedding."""
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    return [one for one in model.modules() if isinstance(one, nn.Linear) and one is not head]


def learning_weights(model: PreTrainedModel) -> list[nn.Parameter]:
    """What a tuning moves: the weights of the linear layers. All others are frozen."""
    model.requires_grad_(requires_grad=False)
    learning = [weight for layer in linear_layers(model) for weight in layer.parameters()]
    for parameter in learning:
        parameter.requires_grad = True
    return learning


def _nobody(optimizer: Any) -> None:  # noqa: ANN401
    """A step that drew no exchange still adds its noise, or its emptiness would show."""
    for parameter in optimizer.params:
        parameter.grad_sample = torch.zeros(0, *parameter.shape)


def _opacus() -> Any:  # noqa: ANN401 -- an optional module without types
    try:
        import opacus  # noqa: PLC0415 -- an extra
        import opacus.accountants  # noqa: PLC0415
        import opacus.optimizers  # noqa: PLC0415
    except ImportError:
        raise UserError(
            "privacy: Opacus is not installed; install it with `pip install 'auroram[alignment]'`"
        ) from None
    return opacus


def _noise_source(privacy: Privacy, seed: int) -> torch.Generator:
    number = secrets.randbits(60) if privacy.secret_noise else seed + 1
    return torch.Generator().manual_seed(number)
