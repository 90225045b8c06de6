# ruff: noqa: E501
"""Changes of specifications whose meaning is known: an old text, what is replaced in it, and what that means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from custody.language.library import bundled

SMALL = {"DEVICES": "1", "THREADS": "1", "COHERENT": "false"}
ONE = {**SMALL, "COHERENT": "false", "FLAGS": "read_write", "USER_MAPPING": "false", "STRAY_END": "false"}
"""One instance of udmabuf, whatever the file declares."""
OWNED = {**SMALL, "COHERENT": "false", "BOUNCE": "false", "STRAYS": "0", "READERS": "false"}


@dataclass(frozen=True)
class Edit:
    """`replaced` are (old, new) texts, each of which must be there once in `spec` (a bundled file, or a text).

    `new` is the whole new text where that is easier, `wide` what takes long.  `changes` are the categories and subjects that must be found, `besides` categories that may be found as well.
    """

    name: str
    spec: str
    replaced: tuple[tuple[str, str], ...]
    level: str
    changes: tuple[tuple[str, str], ...] = ()
    besides: tuple[str, ...] = ()
    settings: Mapping[str, str] | None = None
    new: str = ""
    wide: bool = False
    module: str = ""
    """The bundled module that `replaced` is about, where that is not `spec`."""

    @property
    def chosen(self) -> Mapping[str, str]:
        """The parameters that the versions are compared with."""
        if self.settings is not None:
            return self.settings
        return {} if "\n" in self.spec else {"udmabuf": ONE, "ownership": OWNED}.get(self.spec, SMALL)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Both versions, in folders of their own."""
        text = (
            self.spec
            if "\n" in self.spec
            else (bundled() / f"{self.module or self.spec}.custody").read_text(encoding="utf-8")
        )
        paths: list[Path] = []
        for side in ("old", "new"):
            if side == "new" and self.new:
                text = self.new
            elif side == "new":
                for old, new in self.replaced:
                    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
                    text = text.replace(old, new)
            path = folder / side / "changed.custody"
            path.parent.mkdir()
            if self.module:
                (path.parent / f"{self.module}.custody").write_text(text, encoding="utf-8")
                path.write_text((bundled() / f"{self.spec}.custody").read_text(encoding="utf-8"), encoding="utf-8")
            else:
                path.write_text(text, encoding="utf-8")
            paths.append(path)
        return paths[0], paths[1]


DETACH = "    requires attachment[d] == attached [DB-ATT-02]\n    when attached(d)\n"
CALL = """\
contract queue
    "A small contract in which somebody waits."

param LIMIT = 1

role Client[2] is user
role Server is exporter

state
    asked[Client]: bool
    busy: bool
    served: 0..3

fair weak Server

action ask by Client
    "Put a request."
    requires not asked[self] [DB-FEN-01]
    either
        asked[self] = true
    or fails EBUSY
        when busy

action serve(c: Client) by Server
    when asked[c]
    asked[c] = false

action rest by Server
    busy = false

fair strong serve

terminal forall c: Client . not asked[c]

leads_to everybody_is_served [DB-FEN-01]
    for c: Client
    asked[c] ~> not asked[c]

invariant never_busy
    busy => served > 0

invariant small_numbers
    served <= 2
"""
STEPS = """\
model worker
    "A model whose calls take steps."

role Thread[2] is user

state
    value: 0..2
    guard: mutex

procedure swap(wanted: bool) by Thread
    local seen: 0..2 = 0
    lock guard
    seen = value
    value = if wanted then 1 else 0
    unlock guard
    if seen == 2
        return EINVAL
    return OK

procedure look by Thread atomic
    if value == 1
        return EBUSY
    return OK

terminal true

invariant bounded
    value < 2
"""

CHOICE = """\
model chooser
    "A call that fails or not by a choice that nobody sees."

role Thread[2] is user

state
    guard: mutex

procedure draw by Thread
    local lucky: bool = false
    either
        lucky = true
    or
        lucky = false
    lock guard
    unlock guard
    if lucky
        return OK
    return EINVAL

terminal true

invariant nothing
    true
"""
WORDS = """\
contract lamp
    "Calls, answers, a parameter and variables that have words."

param POLICY: write | read = write

type Way: write | read

role Client[2] is user

state
    mode[Client]: idle | busy(Way)
    last: Way

action begin(w: Way) by Client
    requires mode[self] == idle
    mode[self] = busy(w)
    last = w

action finish by Client
    requires mode[self] is busy
    mode[self] = idle

fair weak begin

terminal true

invariant one_way
    (forall c: Client . mode[c] == idle) or last is write or last is read

never both_write
    POLICY == read and (forall c: Client . mode[c] == busy(write))
"""
OTHER_WORDS = (WORDS.replace("write", "to_device").replace("both_to_device", "both_write").replace("busy", "running")
               .replace(": to_device | read", ': to_device renamed_from "write" | read')
               .replace("running(Way)", 'running(Way) renamed_from "busy"'))  # fmt: skip
RENAMED = CALL.replace('action ask by Client\n    "Put a request."\n', 'action request by Client\n    "Put a request."\n    renamed_from "ask"\n').replace(
    "invariant never_busy\n", 'invariant hardly_busy\n    renamed_from "never_busy"\n')  # fmt: skip
LATE = CHOICE.replace(
    "    either\n        lucky = true\n    or\n        lucky = false\n    lock guard\n    unlock guard\n",
    "    lock guard\n    unlock guard\n    either\n        lucky = true\n    or\n        lucky = false\n",
)

REFACTORED = (
    Edit("nothing", "dma_buf", (), "identical"),
    Edit("comment", "dma_buf", (("# ---------------------------------------------------------------- the CPU\n", "# CPU\n\n"),), "identical"),
    Edit("documentation", "dma_buf", (('    "dma_buf_attach."\n', '    "Attach a device."\n'),), "identical"),
    Edit("conjuncts in another order", "dma_buf",
         (("requires importer_holds[d] and not attached(d) [DB-ATT-01]", "requires not attached(d) and importer_holds[d] [DB-ATT-01]"),), "identical"),
    Edit("a definition written out", "dma_buf",
         (("    requires importer_holds[d] [DB-REF-01]\n    requires not attached(d) [DB-ATT-02]\n",
           "    requires importer_holds[d] [DB-REF-01]\n    requires attachment[d] == detached [DB-ATT-02]\n"),), "identical"),
    Edit("branches exchanged", "dma_buf",
         (("        attachment[d] = attached\n    or fails ENOMEM\n    or fails EBUSY\n", "        attachment[d] = attached\n    or fails EBUSY\n    or fails ENOMEM\n"),), "identical"),
    Edit("declarations in another order", CALL,
         (("action rest by Server\n    busy = false\n\n", ""), ("fair weak Server\n", "action rest by Server\n    busy = false\n\nfair weak Server\n")), "identical"),
    Edit("variables renamed", CALL, (), "identical", new=CALL.replace("asked", "pending").replace("served", "done")
         .replace("everybody_is_done", "everybody_is_served")),
    Edit("unreachable condition in a guard", "dma_buf",
         (("    when buffer == live and refs == 0\n    buffer = released\n", "    when buffer == live and refs == 0 and not (exists d: Device . attached(d))\n    buffer = released\n"),), "identical"),
    Edit("duty strengthened by what always holds", "dma_buf",
         (("    requires importer_holds[d] and not attached(d) [DB-ATT-01]\n", "    requires importer_holds[d] and not attached(d) and buffer != released [DB-ATT-01]\n"),), "identical"),
    Edit("another representation of the state", CALL,
         (("    busy: bool\n", "    busy: bool\n    mirror[Client]: bool\n"), ("        asked[self] = true\n", "        asked[self] = true\n        mirror[self] = true\n"),
          ("    asked[c] = false\n", "    asked[c] = false\n    mirror[c] = false\n"), ("    when asked[c]\n", "    when mirror[c]\n")), "identical", besides=("COST-CHANGED",)),
    Edit("a local more in a procedure", STEPS,
         (("    local seen: 0..2 = 0\n", "    local seen: 0..2 = 0\n    local copy: 0..2 = 0\n"), ("    seen = value\n", "    copy = value\n    seen = copy\n")), "identical"),
    Edit("one step more in a critical section", STEPS, (("    lock guard\n", "    lock guard\n    value = value\n"),), "identical"),
    Edit("action renamed and declared", CALL,
         (('action ask by Client\n    "Put a request."\n', 'action request by Client\n    "Put a request."\n    renamed_from "ask"\n'),), "identical"),
    Edit("property renamed and declared", CALL,
         (("invariant never_busy\n", 'invariant hardly_busy\n    renamed_from "never_busy"\n'),), "identical"),
    Edit("role renamed and declared", CALL, (), "identical", new=CALL.replace("Client", "Customer").replace(
         "role Customer[2] is user\n", 'role Customer[2] is user\n    renamed_from "Client"\n')),
    Edit("words renamed and declared", WORDS, (), "identical", new=OTHER_WORDS),
    Edit("words in another order", WORDS, (("type Way: write | read\n", "type Way: read | write\n"), ("    last: Way\n", "    last: Way = write\n")), "identical"),
    Edit("renamed long ago", RENAMED, (("    requires not asked[self] [DB-FEN-01]\n", "    requires asked[self] == false [DB-FEN-01]\n"),), "identical"),
    Edit("renamed before both, and not said any more", RENAMED, (('    renamed_from "ask"\n', ""), ('    renamed_from "never_busy"\n', "")), "identical"),
    Edit("words renamed long ago", OTHER_WORDS, (("    requires mode[self] == idle\n", "    requires not (mode[self] is running)\n"),), "identical"),
    Edit("an unseen choice made later", CHOICE, (), "identical", new=LATE),
    Edit("an unseen choice made earlier", LATE, (), "identical", new=CHOICE),
    Edit("an unused parameter more", "dma_buf",
         (('param MISUSE = false\n', 'param UNUSED = 3\n    "It changes nothing."\nparam MISUSE = false\n'),), "identical"),
)  # fmt: skip

CALLERS = (
    Edit("detach while mapped", "dma_buf",
         ((DETACH, "    requires attached(d) [DB-ATT-02]\n"),), "breaking",
         (("CALLER-WIDENED", "detach"), ("VERDICT-LOST", "unmapped_before_detach")), ("VERDICT-LOST", "EFFECT-CHANGED")),
    Edit("attach while nobody is in a bracket", "dma_buf",
         (("requires importer_holds[d] and not attached(d) [DB-ATT-01]", "requires importer_holds[d] and not attached(d) and nobody_in_bracket [DB-ATT-01]"),), "breaking",
         (("CALLER-NARROWED", "attach"),), ("CALLER-NARROWED",)),
    Edit("kmap twice", "dma_buf",
         (("requires bracket[self] is open and not page_mapped[self] [DB-KMAP-01, DB-CPU-12]", "requires bracket[self] is open [DB-KMAP-01, DB-CPU-12]"),), "compatible",
         (("CALLER-WIDENED", "kmap"),)),
    Edit("put while attached", "dma_buf", (("    requires not attached(d) [DB-ATT-02]\n", ""),), "breaking",
         (("CALLER-WIDENED", "put"), ("VERDICT-LOST", "attachments_hold_references")), ("CALLER-WIDENED", "VERDICT-LOST", "EFFECT-CHANGED", "STEP-WIDENED", "PROMISE-STRENGTHENED")),
    Edit("unmap in any direction", "dma_buf",
         (("requires is_mapped(d) and attachment[d].mapped == dir [DB-MAP-03]", "requires is_mapped(d) [DB-MAP-03]"),), "breaking",
         (("CALLER-WIDENED", "unmap"),), ("VERDICT-LOST",)),
    Edit("brackets may overlap", "dma_buf",
         (("    requires forall t: Thread . bracket[t] == closed or not (reads_memory(dir) or may_write(t)) [DB-CPU-13]\n", ""),), "breaking",
         (("CALLER-WIDENED", "begin_cpu_access"), ("RULE-REMOVED", "DB-CPU-13"), ("VERDICT-LOST", "no_stale_cpu_read")), (), settings={"DEVICES": "1"}),
    Edit("action renamed and not declared", CALL, (("action ask by Client\n", "action request by Client\n"),), "breaking",
         (("ACTION-REMOVED", "ask"), ("ACTION-ADDED", "request"),), ("ACTION-REMOVED", "ACTION-ADDED")),
    Edit("words renamed and not declared", WORDS, (), "breaking", (("SIGNATURE-CHANGED", "begin"), ("PARAMETER-CHANGED", "POLICY")),
         ("SIGNATURE-CHANGED", "PROGRESS-LOST", "PROGRESS-GAINED"), new=re.sub(' renamed_from "[a-z]*"', "", OTHER_WORDS)),
    Edit("a word renamed and less allowed", WORDS, (), "breaking", (("CALLER-NARROWED", "begin"),), ("CALLER-NARROWED",),
         new=OTHER_WORDS.replace("    requires mode[self] == idle\n", "    requires mode[self] == idle and (w == read or last == to_device)\n")),
    Edit("kmap removed", "dma_buf",
         (('action kmap by Thread\n    "dma_buf_kmap: always succeeds inside a bracket, as often as one likes."\n    requires reachable_by_user(self) [DB-REF-01]\n    requires bracket[self] is open and not page_mapped[self] [DB-KMAP-01, DB-CPU-12]\n    page_mapped[self] = true\n\n', ""),),
         "breaking", (("ACTION-REMOVED", "kmap"),), ("VERDICT-LOST",)),
    Edit("new call", CALL, (("fair strong serve\n", "fair strong serve\n\naction cancel by Client\n    requires asked[self]\n    asked[self] = false\n"),), "compatible",
         (("ACTION-ADDED", "cancel"),)),
    Edit("other arguments", "dma_buf",
         (("action unmap(d: Device, dir: Direction) by d\n", "action unmap(d: Device) by d\n"),
          ("    requires is_mapped(d) and attachment[d].mapped == dir [DB-MAP-03]\n", "    requires is_mapped(d) [DB-MAP-03]\n"),
          ("        unmap_page(d, dir)\n", "        unmap_page(d, attachment[d].mapped)\n")), "breaking",
         (("SIGNATURE-CHANGED", "unmap"),), ("SIGNATURE-CHANGED", "PROGRESS-LOST", "PROGRESS-GAINED")),
)  # fmt: skip

PROMISES = (
    Edit("error added", "dma_buf", (("    or fails ENOMEM\n    or fails EBUSY\n\n", "    or fails ENOMEM\n    or fails EBUSY\n    or fails EINVAL\n\n"),), "breaking",
         (("OUTCOME-ADDED", "attach: fails EINVAL"),)),
    Edit("error removed", "dma_buf", (("    or fails ENOMEM\n    or fails EBUSY\n\n", "    or fails ENOMEM\n\n"),), "compatible",
         (("OUTCOME-REMOVED", "attach: fails EBUSY"),)),
    Edit("success only while nobody is in a bracket", "dma_buf",
         (("        attachment[d] = attached\n    or fails ENOMEM\n    or fails EBUSY\n", "        when nobody_in_bracket\n        attachment[d] = attached\n    or fails ENOMEM\n    or fails EBUSY\n"),), "breaking",
         (("PROMISE-WEAKENED", "attach"),)),
    Edit("map does not map", "dma_buf",
         (("            attachment[d] = mapped(dir)\n    or fails ENOMEM\n", "            attachment[d] = attached\n    or fails ENOMEM\n"),), "breaking",
         (("PROMISE-WEAKENED", "unmap"), ("EFFECT-CHANGED", "detach")), ("PROMISE-WEAKENED", "EFFECT-CHANGED", "VERDICT-LOST", "CALLER-WIDENED")),
    Edit("begin does not synchronise", "dma_buf",
         (("                sync_for_cpu(d, dir)\n", "                skip\n"),), "breaking",
         (("VERDICT-LOST", "no_stale_cpu_read"),), ("VERDICT-LOST",)),
    Edit("a call waits", "dma_buf",
         (("    requires bracket[self] is open and not page_mapped[self] [DB-CPU-01, DB-CPU-12]\n", "    requires bracket[self] is open and not page_mapped[self] [DB-CPU-01, DB-CPU-12]\n    when fd_open\n"),), "breaking",
         (("BLOCKING-ADDED", "end_cpu_access"), ("PROGRESS-LOST", "given_back_is_released"))),
    Edit("a call marked as blocking", CALL, (("action ask by Client\n", "action ask by Client blocking\n"),), "breaking", (("BLOCKING-ADDED", "ask"),)),
    Edit("a call waits no longer", "dma_buf", (("action unmap_for_user by Thread\n    when user_mapping[self]\n", "action unmap_for_user by Thread\n"),), "breaking",
         (("BLOCKING-REMOVED", "unmap_for_user"), ("VERDICT-LOST", "references_are_owned")), ("VERDICT-LOST", "STEP-WIDENED", "EFFECT-CHANGED", "HAZARD-ADDED", "PROMISE-WEAKENED")),
    Edit("release at any time", "dma_buf", (("    when buffer == live and refs == 0\n    buffer = released\n", "    when buffer == live\n    buffer = released\n"),), "breaking",
         (("STEP-WIDENED", "release"), ("VERDICT-LOST", "released_is_unused")), ("PROMISE-WEAKENED", "VERDICT-LOST")),
    Edit("fairness dropped", CALL, (("fair strong serve\n", ""), ("fair weak Server\n", "")), "breaking",
         (("PROGRESS-LOST", "everybody_is_served[Client.0]"),), ("PROGRESS-LOST",)),
    Edit("fairness weakened", CALL, (("fair strong serve\n", "fair weak serve\n"),), "breaking", (("PROGRESS-LOST", "fair serve(Client.0) by Server"),), ("PROGRESS-LOST",)),
    Edit("fairness added", CALL, (("fair strong serve\n", "fair strong serve\nfair weak rest\n"),), "compatible", (("PROGRESS-GAINED", "fair rest() by Server"),)),
    Edit("a lock more", STEPS, (("procedure look by Thread atomic\n    if value == 1\n        return EBUSY\n    return OK\n", "procedure look by Thread\n    lock guard\n    if value == 1\n        unlock guard\n        return EBUSY\n    unlock guard\n    return OK\n"),),
         "breaking", (("BLOCKING-ADDED", "look: mutex `guard`"),), ("PROMISE-WEAKENED", "PROMISE-STRENGTHENED", "OUTCOME-REMOVED", "BLOCKING-REMOVED")),
    Edit("a procedure answers otherwise", STEPS, (("    if seen == 2\n        return EINVAL\n", "    if seen == 1\n        return EINVAL\n"),), "breaking", (("OUTCOME-ADDED", "swap: fails EINVAL"),), ("OUTCOME-ADDED", "PROMISE-WEAKENED")),
    Edit("an answer that nobody gave is gone", STEPS, (("    if seen == 2\n        return EINVAL\n", ""),), "identical"),
)  # fmt: skip

STATEMENTS = (
    Edit("rule no longer cited", "dma_buf", (("invariant newest_is_somewhere [DB-LINE-01]\n", "invariant newest_is_somewhere\n"),), "breaking", (("RULE-REMOVED", "DB-LINE-01"),)),
    Edit("rule newly cited", "dma_buf", (("reachable everybody_mapped\n", "reachable everybody_mapped [DB-MAP-01]\n"),), "compatible", (("RULE-ADDED", "DB-MAP-01"),)),
    Edit("property removed", CALL, (("invariant small_numbers\n    served <= 2\n", ""),), "ambiguous", (("PROPERTY-REMOVED", "small_numbers"),)),
    Edit("property added", CALL, (("invariant small_numbers\n", "invariant no_numbers\n    served == 0\n\ninvariant small_numbers\n"),), "compatible", (("PROPERTY-ADDED", "no_numbers"),)),
    Edit("property weakened", CALL, (("    served <= 2\n", "    served <= 3\n"),), "ambiguous", (("PROPERTY-WEAKENED", "small_numbers"),)),
    Edit("property strengthened", CALL, (("    served <= 2\n", "    served <= 1\n"),), "compatible", (("PROPERTY-STRENGTHENED", "small_numbers"),)),
    Edit("property about something else", CALL, (("    served <= 2\n", "    not busy\n"),), "ambiguous", (("PROPERTY-CHANGED", "small_numbers"),)),
    Edit("property written otherwise", CALL, (("    served <= 2\n", "    not served > 2\n"),), "identical"),
    Edit("instance removed", "dma_buf", (("instance coherent\n    COHERENT = true\n", ""),), "ambiguous", (("INSTANCE-REMOVED", "coherent"),), settings={"DEVICES": "1", "THREADS": "1"}),
    Edit("instance added", "dma_buf", (("instance coherent\n", "instance bounced\n    BOUNCE = true\ninstance coherent\n"),), "compatible", (("INSTANCE-ADDED", "bounced"),), settings={"DEVICES": "1", "THREADS": "1"}),
    Edit("parameter default changed", "dma_buf", (("param END_MAY_FAIL = false\n", "param END_MAY_FAIL = true\n"),), "breaking",
         (("PARAMETER-CHANGED", "END_MAY_FAIL"), ("OUTCOME-ADDED", "end_cpu_access: fails EINTR")), ("PROPERTY-CHANGED",)),
    Edit("number of instances changed", CALL.replace("role Client[2]", "role Client[LIMIT]").replace("param LIMIT = 1", "param LIMIT = 2"), (("param LIMIT = 2\n", "param LIMIT = 3\n"),), "ambiguous", (("PARAMETER-CHANGED", "LIMIT"),)),
)  # fmt: skip

CONTESTED = (
    Edit("end may fail", "dma_buf", (("param END_MAY_FAIL = false\n", "param END_MAY_FAIL = true\n"),), "breaking", (("OUTCOME-ADDED", "end_cpu_access: fails EINTR"),), ("PARAMETER-CHANGED", "PROPERTY-CHANGED")),
    Edit("map may refuse", "dma_buf", (("param LATER_ERRORS = false\n", "param LATER_ERRORS = true\n"),), "breaking",
         (("OUTCOME-ADDED", "map: fails EBUSY"), ("OUTCOME-ADDED", "map: fails EINVAL")), ("PARAMETER-CHANGED",)),
    Edit("devices and CPU at once", "dma_buf",
         (("[DB-MAP-03]\n    requires nobody_in_bracket [DB-OWN-05]\n    assert", "[DB-MAP-03]\n    assert"),), "breaking", (("CALLER-WIDENED", "device_reads"), ("VERDICT-LOST", "assertion(device_reads)"))),
    Edit("mapping during a bracket", "dma_buf",
         (("    requires attachment[d] == attached [DB-ATT-01]\n    requires nobody_in_bracket [DB-OWN-05]\n", "    requires attachment[d] == attached [DB-ATT-01]\n"),), "compatible", (("CALLER-WIDENED", "map"),), ("VERDICT-LOST", "EFFECT-CHANGED", "CALLER-WIDENED")),
    Edit("access without announcing it", "dma_buf",
         (("    requires may_read(self) and reachable_by_user(self) [DB-CPU-04]\n", "    requires reachable_by_user(self) [DB-CPU-04]\n"),), "breaking", (("CALLER-WIDENED", "cpu_reads"), ("VERDICT-LOST", "assertion(cpu_reads)"))),
    Edit("kmap outside brackets", "dma_buf",
         (("requires bracket[self] is open and not page_mapped[self] [DB-KMAP-01, DB-CPU-12]", "requires not page_mapped[self] [DB-KMAP-01, DB-CPU-12]"),), "breaking",
         (("CALLER-WIDENED", "kmap"), ("VERDICT-LOST", "pages_only_in_brackets")), ("EFFECT-CHANGED",)),
    Edit("importers misbehave", "dma_buf", (("param MISUSE = false\n", "param MISUSE = true\n"),), "breaking", (("PARAMETER-CHANGED", "MISUSE"),), ("CALLER-WIDENED", "VERDICT-LOST", "EFFECT-CHANGED", "HAZARD-ADDED", "STEP-WIDENED", "RULE-REMOVED", "BLOCKING-REMOVED", "PROMISE-STRENGTHENED")),
    Edit("storage goes after the last owner", "ownership", (("param BACKED_AFTER_LAST = true\n", "param BACKED_AFTER_LAST = false\n"),), "ambiguous", (("PARAMETER-CHANGED", "BACKED_AFTER_LAST"),), ("*",)),
    Edit("the devices leave at detach", "ownership", (("param LEAVE: at_unmap | at_detach = at_unmap\n", "param LEAVE: at_unmap | at_detach = at_detach\n"),), "breaking", (("PARAMETER-CHANGED", "LEAVE"),), ("*",)),
    Edit("storage needs a device", "ownership", (("param STORAGE_NEEDS_DEVICE = false\n", "param STORAGE_NEEDS_DEVICE = true\n"),), "breaking", (("PARAMETER-CHANGED", "STORAGE_NEEDS_DEVICE"),), ("*",)),
    Edit("caches on each call", "ownership", (("param POLICY: owner_change | each_call = owner_change\n", "param POLICY: owner_change | each_call = each_call\n"),), "breaking", (("PARAMETER-CHANGED", "POLICY"), ("VERDICT-LOST", "newest_is_somewhere")), ("*",)),
    Edit("device writes drop lines", "dma_buf",
         (("use coherency(DEVICES = DEVICES, COHERENT = COHERENT, BOUNCE = BOUNCE)\n", "use coherency(DEVICES = DEVICES, COHERENT = COHERENT, BOUNCE = BOUNCE, SYNC_FROM_DEVICE = invalidate_lines)\n"),), "breaking", (("VERDICT-LOST", "newest_is_somewhere"),), ("*",)),
)  # fmt: skip

UDMABUF_SYNC = "    unlock lock\n    sync_all_for_cpu(sg.table, dir)\n"
UDMABUF_END = "        return EINVAL\n    sync_all_for_device(sg.table, dir)\n"

CORRECTIONS = (
    Edit("udmabuf: begin synchronises for the device", "udmabuf", ((UDMABUF_SYNC, UDMABUF_SYNC.replace("for_cpu", "for_device")),), "breaking",
         (("VERDICT-LOST", "begin_shows_the_newest"),), ("VERDICT-LOST",)),
    Edit("udmabuf: end synchronises for the CPU", "udmabuf", ((UDMABUF_END, UDMABUF_END.replace("for_device", "for_cpu")),), "breaking",
         (("VERDICT-LOST", "end_shows_the_newest"),), ("VERDICT-LOST",)),
    Edit("udmabuf: no mutex around the set-up", "udmabuf",
         (("    lock lock\n    if sg is absent\n", "    if sg is absent\n"), ("            unlock lock\n            return ENOMEM\n", "            return ENOMEM\n"),
          (UDMABUF_SYNC, "    sync_all_for_cpu(sg.table, dir)\n")), "breaking",
         (("VERDICT-LOST", "leak(SgTable)"), ("BLOCKING-REMOVED", "start_access: mutex `lock`")), ("VERDICT-LOST",), {**ONE, "THREADS": "2", "COHERENT": "true"}),
    Edit("udmabuf: the table is mapped in the caller's direction", "udmabuf", (("        new = get_sg_table(bidirectional)\n", "        new = get_sg_table(dir)\n"),), "breaking",
         (("VERDICT-LOST", "assertion(dma_unmap_sg)"),), ("VERDICT-LOST", "PROMISE-WEAKENED")),
    Edit("udmabuf: a failed table is remembered", "udmabuf",
         (("        if new == none\n            unlock lock\n            return ENOMEM\n        sg = table(new)\n", "        sg = if new == none then error else table(new)\n        if new == none\n            unlock lock\n            return ENOMEM\n"),), "breaking",
         (("VERDICT-LOST", "failed_match(release_udmabuf)"),), ("VERDICT-LOST", "PROMISE-WEAKENED", "OUTCOME-REMOVED")),
    Edit("udmabuf: the flags decide the mode", "udmabuf",
         (("    access_mode = read_write\n", "    access_mode = if READ and WRITE then read_write else if WRITE then write_only else read_only\n"),), "breaking",
         (("VERDICT-LOST", "read_write_file"),), settings={**ONE, "FLAGS": "write_only"}),
    Edit("udmabuf: no descriptor, nobody puts", "udmabuf",
         (("        ubuf.pages_held = false\n        free ubuf\n        priv = none\n        creator_holds = false\n        buffer = absent\n", ""),), "breaking",
         (("VERDICT-LOST", "published_or_put"),), ("VERDICT-LOST", "PROGRESS-LOST", "PROMISE-WEAKENED", "EFFECT-CHANGED", "CALLER-NARROWED")),
    Edit("udmabuf: write-combined for user space", "udmabuf",
         (("    user_mapping = if shared then cached_pages else private_copy\n",
           "    user_mapping = if not READ then write_combined else (if shared then cached_pages else private_copy)\n"),), "breaking", (("VERDICT-LOST", "one_cache_attribute"),), settings={**ONE, "FLAGS": "write_only", "USER_MAPPING": "true"}),
    Edit("vb2: no descriptor, nobody puts", "vb2", (("    or fails ENOMEM\n        dma_buf_put(dbuf)\n        unlock ioctl_lock\n", "    or fails ENOMEM\n        unlock ioctl_lock\n"),), "breaking",
         (("VERDICT-LOST", "leak(DmaBuf)"),), ("*",), {"THREADS": "1"}, wide=True),
    Edit("vb2_streaming: streamoff does not finish", "vb2_streaming", (("    if prepared\n        finish_hook()\n    streaming = false\n", "    streaming = false\n"),), "breaking",
         (("VERDICT-LOST", "prepared_while_the_driver_has_it"),), ("*",), {"THREADS": "1"}),
)  # fmt: skip

PAIRS = (*REFACTORED, *CALLERS, *PROMISES, *STATEMENTS, *CONTESTED, *CORRECTIONS)
