"""What can go wrong, as one tree."""


class ChuchuError(Exception):
    """Base of every error that chuchu raises on purpose.

    ```
    ChuchuError
    ├── UserError            the caller can mend it: exit code 2, HTTP 4xx
    │   ├── QuestionError    a question that cannot be asked
    │   ├── SourceError      a source that cannot be read, or holds nothing to index
    │   ├── SettingError     a setting or an option out of range
    │   ├── EvidenceError    a question set that does not fit the documents
    │   ├── NotFoundError    no document, generation or passage of that name
    │   ├── BusyError        another process is building: HTTP 409
    │   └── NoIndexError     nothing has been built yet
    └── StorageError         what is stored cannot be read or written as it should: exit code 1, HTTP 503
        ├── BuildError       a generation could not be written; the old one is untouched
        ├── ClusterError     the cluster that holds the passages refuses, or does not answer
        ├── DamagedError     a generation's files do not fit its manifest
        └── FormatError      a generation of another format, embedder or segmenter
    ```

    A message is a fact, the value and the remedy.
    """


class UserError(ChuchuError):
    """The caller can mend it."""


class QuestionError(UserError):
    """A question that cannot be asked."""


class SourceError(UserError):
    """A source that cannot be read, or holds nothing to index."""


class SettingError(UserError):
    """A setting or an option out of range."""


class EvidenceError(UserError):
    """A question set that does not fit the documents."""


class NotFoundError(UserError):
    """No document, generation or passage of that name."""


class BusyError(UserError):
    """Another process is building; ``job`` is what it runs for, where that is known."""

    def __init__(self, message: str, job: str | None = None) -> None:
        """Say who builds."""
        super().__init__(message)
        self.job = job


class NoIndexError(UserError):
    """Nothing has been built yet."""


class StorageError(ChuchuError):
    """What is stored cannot be read or written as it should."""


class BuildError(StorageError):
    """A generation could not be written; the old one is untouched."""


class ClusterError(StorageError):
    """The cluster that holds the passages refuses, or does not answer."""


class DamagedError(StorageError):
    """A generation's files do not fit its manifest."""


class FormatError(StorageError):
    """A generation of another format, embedder or segmenter."""
