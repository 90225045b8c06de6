"""Random examples drawn first and looked at afterwards, many at a time.

Within a test of hypothesis an error in a batch would be laid to its last example, which alone does not
repeat it: hypothesis would report that it is flaky, and hide what went wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


def drawn_together(strategy: SearchStrategy[T], count: int, together: int) -> Iterator[list[T]]:
    """At least count examples, in lists of that many."""
    examples: list[T] = []

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large],
    )
    @given(strategy)
    def collect(example: T) -> None:
        examples.append(example)

    collect()
    assert len(examples) >= count
    for start in range(0, len(examples), together):
        yield examples[start : start + together]
