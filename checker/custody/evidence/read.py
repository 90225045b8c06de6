"""From a file to a recording, whichever format it is in."""

from __future__ import annotations

from pathlib import Path

from custody.evidence.ftrace import looks_like_ftrace, read_ftrace
from custody.evidence.ndjson import looks_like_ndjson, read_ndjson
from custody.evidence.recording import Recording, RecordingError

MAX_BYTES = 256 << 20
"""The largest recording, in bytes."""


def read_recording(file: str) -> Recording:
    """The recording in `file`; RecordingError when there is none."""
    path = Path(file)
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise RecordingError(f"{file}: the file is larger than {MAX_BYTES} bytes")
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except (OSError, ValueError) as error:
        raise RecordingError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if looks_like_ndjson(text):
        recording = read_ndjson(file, text)
    elif looks_like_ftrace(text):
        recording = read_ftrace(file, text)
    else:
        raise RecordingError(f"{file}: this is neither ftrace's text nor one JSON object a line")
    if not recording.lines:
        raise RecordingError(f"{file}: no event is recorded in this file")
    return recording
