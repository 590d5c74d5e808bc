"""What can be told about running programs."""

from collections.abc import Mapping
from dataclasses import field

from auroram.settings import Positive, PositiveFloat, settings

UNCONFINED = "run generated code without a sandbox"
"""The words that must be written for it."""


@settings
class Runtime:
    """How a program of one language is run."""

    command: tuple[str, ...]
    """Words of the command: `{file}` is the program, `{python}` this Python."""
    file: str
    """What the program's file is called."""
    ending: str = ""
    """What is put after the tests, so that a program that ends before them does not pass; it
    prints `{token}`. Where it is empty, the exit code alone decides."""
    reads: tuple[str, ...] = ()
    """Folders of this machine that it may read, beside the system's own programs."""


RUNTIMES: Mapping[str, Runtime] = {
    "python": Runtime(
        command=("{python}", "-I", "-S", "{file}"), file="main.py", ending='\nprint("{token}")\n'
    ),
    "javascript": Runtime(
        command=("node", "{file}"), file="main.js", ending='\nconsole.log("{token}")\n'
    ),
    "bash": Runtime(command=("bash", "-e", "{file}"), file="main.sh", ending="\necho {token}\n"),
    "cpp": Runtime(
        command=("sh", "-c", "g++ -std=c++17 -o ./main {file} && ./main"), file="main.cpp"
    ),
    # Their usual test libraries run after the last line, or end the program themselves.
    "lua": Runtime(command=("lua", "{file}"), file="main.lua"),
    "ruby": Runtime(command=("ruby", "{file}"), file="main.rb"),
    "perl": Runtime(command=("perl", "{file}"), file="main.pl", ending='\nprint "{token}\\n";\n'),
}
"""Languages that need no settings where their tools are installed."""


@settings
class Programs:
    """How programs that a model wrote are run, and within which limits."""

    seconds: PositiveFloat = 10.0
    """Wall time of a program."""
    memory_bytes: Positive = 1 << 30
    """Memory of all its processes together, and of its files."""
    processes: Positive = 32
    """Processes and threads at once."""
    output_bytes: Positive = 64 << 10
    """What it may print."""
    at_once: Positive = 2
    """Programs that run side by side."""
    runtimes: Mapping[str, Runtime] = field(default_factory=dict)
    """Languages beside those that are known, or in their place."""
    unconfined: str = ""
    """Without a sandbox, programs are refused, unless this says `run generated code without a
    sandbox`. They then do whatever you could do."""

    def __post_init__(self) -> None:
        if self.unconfined not in ("", UNCONFINED):
            raise ValueError(f"unconfined must be left out or say {UNCONFINED!r}")

    def runtime(self, language: str) -> Runtime:
        """How programs of a language are run.

        Raises:
            ValueError: where nothing is known of it.
        """
        known = {**RUNTIMES, **self.runtimes}
        if language not in known:
            raise ValueError(
                f"no runtime for {language!r} (known: {', '.join(sorted(known))}); "
                "describe it in programs.runtimes"
            )
        return known[language]
