"""What a recipe can say of a training stage."""

from dataclasses import field
from typing import ClassVar, Literal

from auroram.model.choices import BackendChoice, Choice
from auroram.records.mixture import Mixture
from auroram.settings import CIRCUMSTANCE, Positive, PositiveFloat, settings
from auroram.tokens.goldfish import Goldfish
from auroram.tokens.opening import Opening
from auroram.train.optimizer_settings import AdamW, AnyOptimizer
from auroram.train.parts import (
    Checkpoints,
    Compile,
    Distil,
    Ema,
    Handling,
    LowRank,
    Merge,
    Selection,
    Snapshots,
    Spikes,
    Validation,
)
from auroram.train.ranks.mesh import Mesh, Rows
from auroram.train.refusals.settings import Refusals
from auroram.train.schedule import AnySchedule, WarmupStableDecay


@settings
class Train:
    """Trains a model further on a mixture of domains; used for CAP and for CAT."""

    kind: Literal["train"] = "train"
    room: ClassVar[str] = "train"
    model: str
    """Stage whose model is trained further."""
    tokens: str
    """Stage of kind `tokens` that made the shards."""
    budget_tokens: Positive
    """Tokens to train on, rounded up to whole steps."""
    sequence_tokens: Positive = 512
    """Length of a row. Documents are packed into rows and do not see one another. Exchanges are
    not cut: those that are longer than a row are left out, counted and told."""
    batch_tokens: Positive = 4096
    """Tokens of an optimizer step."""
    micro_batch_tokens: Positive = 1024
    """Tokens that go through the model at once: decides memory and speed, not the result."""
    mixture: Mixture
    schedule: AnySchedule = field(default_factory=WarmupStableDecay)
    """Learning rate over the stage."""
    optimizer: AnyOptimizer = field(default_factory=AdamW)
    clip: PositiveFloat = 1.0
    """Largest norm of the gradient."""
    trains: Selection = field(default_factory=Selection)
    """Which parameters train."""
    low_rank: LowRank | None = None
    """Train thin matrices beside the linear layers; leave out to train the layers themselves."""
    ema: Ema | None = None
    """End with a moving average of the weights; leave out for the last weights."""
    distil: Distil | None = None
    """Hold on to an earlier model on replayed rows; leave out to learn their tokens."""
    merge: Merge | None = None
    """End between the trained weights and an earlier stage's; leave out for the trained ones."""
    refusals: Refusals | None = None
    """Settle in closed form which requests are declined, after all else; leave out to leave that to
    the steps."""
    validation: Validation = field(default_factory=Validation)
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    snapshots: Snapshots | None = None
    """Keep models on the way, for a stage of kind `probe`; leave out to keep the last one only."""
    precision: Choice = "fastest"
    """Of the matrix products; weights are float32 always."""
    attention: BackendChoice = "fastest"
    """What computes attention. `fastest` is `blocked` on a processor; on a GPU `varlen`, or `flex`
    in float32 and where the model caps its scores."""
    recompute: bool = False
    """Whether each layer keeps only what goes into it and is computed again for its gradient: a
    third more work, much less memory for long rows or many at once, and the same result."""
    compile: Compile = "auto"
    """Whether the layers are compiled to native code: `auto` where the stage is long enough to gain
    by it and there is a C++ compiler. The result is the same but for rounding."""
    float8: bool = False
    """Whether the layers multiply in 8 bits, on a GPU that can; refused elsewhere."""
    threads: Positive | Literal["cores"] = "cores"
    """Threads of the matrix products; `cores` is one for each physical core."""
    goldfish: Goldfish | None = None
    """Never learn some tokens, so that no passage is learnt by heart; leave out to learn all."""
    opening: Opening | None = None
    """Give the first tokens of answers more weight; leave out to weigh all targets alike."""
    on_bad_loss: Handling = "stop"
    """What to do at a step whose loss or gradient is not a number or a spike: `stop` and name the
    samples, `skip` the step, or `roll-back` to the last checkpoint and skip it from there."""
    spikes: Spikes | None = None
    """What counts as a spike; leave out to take any number."""
    most_bad_steps: Positive = 10
    """Bad steps that are left out; one more stops the stage."""
    mesh: Mesh = field(default_factory=Mesh, metadata=CIRCUMSTANCE)
    """How several ranks share the work; `auroram launch` starts them. A stage that was begun on one
    mesh goes on on another."""
    allow_unreviewed: bool = False
    """Whether exchanges that no person reviewed may be trained on. Every page then says so."""

    def __post_init__(self) -> None:
        if self.batch_tokens % self.sequence_tokens:
            raise ValueError(
                f"batch_tokens ({self.batch_tokens}) must be a multiple of sequence_tokens "
                f"({self.sequence_tokens})"
            )
        if self.float8 and self.low_rank:
            raise ValueError("float8 is for layers that train whole; leave low_rank out")
        if self.spikes and self.spikes.window >= self.steps:
            raise ValueError(
                f"spikes.window ({self.spikes.window}) leaves none of the {self.steps} steps to be "
                "judged; lower it, or leave spikes out"
            )
        if self.distil and not self.mixture.replay:
            raise ValueError("distil needs replayed domains, but mixture.replay is 0")

    def reads(self) -> tuple[str, ...]:
        """The model, the tokens, the teacher, what the result is merged with, and exchanges."""
        others = (
            *((self.distil.teacher,) if self.distil else ()),
            *((self.merge.base,) if self.merge else ()),
            *(self.refusals.exchanges if self.refusals else ()),
        )
        return tuple(dict.fromkeys((self.model, self.tokens, *others)))

    def files(self) -> tuple[str, ...]:
        """None: everything comes from earlier stages."""
        return ()

    @property
    def rows_a_step(self) -> int:
        """Rows in an optimizer step."""
        return self.batch_tokens // self.sequence_tokens

    @property
    def rows_a_micro_batch(self) -> int:
        """Rows that go through the model at once."""
        return min(self.rows_a_step, max(1, self.micro_batch_tokens // self.sequence_tokens))

    @property
    def rows(self) -> Rows:
        """What the rows of a step look like."""
        return Rows(
            a_step=self.rows_a_step, at_once=self.rows_a_micro_batch, tokens=self.sequence_tokens
        )

    @property
    def steps(self) -> int:
        """Optimizer steps of the stage."""
        return -(-self.budget_tokens // self.batch_tokens)

    @property
    def validate_every_steps(self) -> int:
        """Steps between two measurements of the held-out loss."""
        return max(1, round(self.validation.every_tokens / self.batch_tokens))
