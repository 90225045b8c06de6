"""`custody trace`: is what was recorded of a running kernel a behaviour of the contract?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from custody.cli.codes import Code, heaviest
from custody.cli.complaints import TooLargeError, complain
from custody.cli.options import setting_option
from custody.cli.outputs import Output, human_stream, paired, width, write
from custody.cli.paths import load_one
from custody.evidence.equivalence import Equivalence, compare
from custody.evidence.examine import Examined, Examiner
from custody.evidence.follow import Answer
from custody.evidence.read import read_recording
from custody.evidence.recording import Recording, RecordingError
from custody.language import LimitError, SpecError

_CODES = {
    Answer.CONFORMS: Code.PASSED,
    Answer.AMBIGUOUS: Code.PASSED,
    Answer.INCOMPLETE: Code.INCONCLUSIVE,
    Answer.VIOLATES: Code.VIOLATED,
}


@click.command(name="trace")
@click.argument("path", metavar="SPEC")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--json", "json_files", multiple=True, metavar="FILE", help="Write the result as JSON; - is stdout.")
@click.option(
    "--lost",
    type=click.IntRange(min=0, max=6),
    default=1,
    show_default=True,
    metavar="N",
    help="So many events may be missing before any one, where the recording does not admit losses.",
)
@click.option("--chart", "picture", metavar="FILE.svg", help="Draw the last events of what is wrong first.")
@click.option("--coverage", "covering", is_flag=True, help="Say how much of the contract the recordings show.")
@click.option(
    "--against",
    "original",
    metavar="ORIGINAL",
    help="Say whether each FILE says the same of the contract as this recording, although its lines differ.",
)
@setting_option
def command(
    path: str,
    files: tuple[str, ...],
    json_files: tuple[str, ...],
    lost: int,
    picture: str | None,
    covering: bool,
    original: str | None,
    settings: list[tuple[str, str]],
) -> int:
    """Hold recordings (FILE...) of a running kernel against SPEC.

    FILE is ftrace's text (kprobe events, as trace or `trace-cmd report` write it) or one JSON object a line. SPEC
    says what their lines mean, as spec:dma_buf_events does. Exit code 0: all of them are behaviours of the contract;
    1: one is not, or a program broke a duty (a misuse), even where the kernel let it pass; 3: events are missing
    without which nothing can be said. With --against, 1 also where a FILE is not equivalent.
    """
    outputs = paired(json_files, (), ())
    if picture is not None and not picture.endswith(".svg"):
        raise click.UsageError(f"cannot draw '{picture}': the name must end in .svg")
    try:
        spec = load_one(path)
        examiner = Examiner(spec.program, dict(settings))
    except SpecError as error:
        complain(error.diagnostics)
        return Code.WRONG_REQUEST
    except LimitError as error:
        raise TooLargeError(error) from None
    recordings: list[Recording] = []
    codes: list[Code] = []
    for file in files:
        try:
            recordings.append(read_recording(file))
        except RecordingError as error:
            click.echo(f"{error}", err=True)
            codes.append(Code.WRONG_REQUEST)
    examined = [examiner.examine(recording, lost) for recording in recordings]
    codes += [_CODES[one.answer] for one in examined]
    against: tuple[str, list[Equivalence]] | None = None
    if original is not None:
        try:
            whole = examiner.examine(read_recording(original), lost)
        except RecordingError as error:
            click.echo(f"{error}", err=True)
            return Code.WRONG_REQUEST
        against = (original, [compare(whole, one) for one in examined])
        codes += [Code.PASSED if found.equal else Code.VIOLATED for found in against[1]]
    _tell(spec.name, examined, examiner, outputs, against, covering)
    if picture is not None:
        _draw(examined, Path(picture))
    return heaviest(codes)


def _tell(
    spec: str,
    examined: list[Examined],
    examiner: Examiner,
    outputs: Sequence[Output],
    against: tuple[str, list[Equivalence]] | None,
    covering: bool,
) -> None:
    from custody.present.recording import render, render_comparison, render_coverage
    from custody.present.recording_json import document

    stream = human_stream(outputs)
    if examined:
        stream.write(render(examined, width(stream)))
    for one, found in zip(examined, against[1] if against is not None else (), strict=False):
        assert against is not None
        stream.write("\n" + render_comparison(against[0], one, found, width(stream)))
    if covering and examined:
        stream.write("\n" + render_coverage(examiner.coverage(), width(stream)))
    coverage = examiner.coverage()
    for output in outputs:
        write(output, document(spec, examined, coverage, against))


def _draw(examined: list[Examined], file: Path) -> None:
    from custody.present.draw.recording import recording_chart
    from custody.present.draw.render import write as write_picture
    from custody.present.draw.table_svg import table_svg

    wrong = [(one, b) for one in examined for b in one.buffers if b.stopped or b.findings]
    if not wrong:
        wrong = [(one, b) for one in examined for b in one.buffers][:1]
    if not wrong:
        raise click.UsageError("there is no buffer to draw")
    try:
        write_picture(file, table_svg(recording_chart(*wrong[0])).encode())
    except OSError as error:
        raise click.UsageError(f"cannot write {file}: {error.strerror}") from None
