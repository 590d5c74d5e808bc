"""Every error that a user can meet.

    AuroramError
    |-- UserError            the input is wrong; the message says what to change
    |   |-- ConfigError      the recipe or the command line
    |   `-- DataError        a corpus, a model folder, a file that the recipe names
    `-- RunError             the input was fine, the work failed; safe to run again
        |-- IntegrityError   a file is not what its manifest says
        `-- NoReplyError     a chat model did not answer, or not in a way that makes sense

Anything else that escapes is a bug in our own code. A message reads `place: what is wrong
(what was given); what to do`, in lower case and without a full stop.
"""


class AuroramError(Exception):
    """The root: catch this to catch everything that Auroram raises on purpose."""


class UserError(AuroramError):
    """The input is wrong and the message says what to change; exit code 2."""


class ConfigError(UserError):
    """The recipe or an override is wrong."""


class DataError(UserError):
    """A file that the recipe names is missing, unreadable or not what it should be."""


class RunError(AuroramError):
    """The work failed although the input was fine; running again resumes it. Exit code 1."""


class IntegrityError(RunError):
    """A file differs from what its manifest says."""


class NoReplyError(RunError):
    """A chat model did not answer in as many tries as were allowed."""


def first_line(error: BaseException) -> str:
    """What a library said, in one line of at most 200 characters; its class if it said nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
