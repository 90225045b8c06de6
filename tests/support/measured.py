"""Pictures as a browser draws them: which texts lie over others, stick out, or are crossed by an arrow."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs chromium and its driver (apt-get install chromium chromium-driver)"
)
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic", "--disable-dev-shm-usage",
)  # fmt: skip

_MEASURE = """
const said = [];
for (const host of document.querySelectorAll("body > div")) {
  /* Each in a tree of its own, so that the style of one is not that of another. */
  const tree = host.attachShadow({mode: "open"});
  tree.append(...host.childNodes);
  const svg = tree.querySelector("svg");
  const frame = svg.getBoundingClientRect(), complain = (what) => said.push(`${svg.id}: ${what}`);
  const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim()).map((text) => {
    const box = text.getBoundingClientRect(), matrix = text.getScreenCTM();
    return {words: text.textContent, left: box.left, right: box.right, top: box.top, bottom: box.bottom,
            size: parseFloat(getComputedStyle(text).fontSize) * Math.hypot(matrix.a, matrix.b)};
  });
  if (!texts.length) complain("has no text");
  for (const text of texts) {
    if (text.left < frame.left - 1 || text.right > frame.right + 1
        || text.top < frame.top - 1 || text.bottom > frame.bottom + 1) complain(`"${text.words}" sticks out`);
    if (text.size < 10) complain(`"${text.words}" is ${text.size} pixels high`);
  }
  texts.forEach((one, at) => texts.slice(at + 1).forEach((other) => {
    const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    /* A line's box has room above and below its letters, a fifth of its height each. */
    if (wide > 1 && high > 0.3 * Math.min(one.bottom - one.top, other.bottom - other.top))
      complain(`"${one.words}" lies over "${other.words}"`);
  }));
  for (const path of svg.querySelectorAll(".edge path")) {
    const matrix = path.getScreenCTM(), length = path.getTotalLength();
    const crossed = new Set();
    for (let along = 0; along <= length; along += 2) {
      const point = path.getPointAtLength(along).matrixTransform(matrix);
      for (const text of texts) {
        const room = 0.3 * (text.bottom - text.top);
        /* What an arrow says begins and ends with a space, which is air. */
        if (point.x > text.left + 5 && point.x < text.right - 5
            && point.y > text.top + room && point.y < text.bottom - room) crossed.add(text.words);
      }
    }
    for (const words of crossed) complain(`an arrow crosses "${words}"`);
  }
}
return said;
"""


@contextmanager
def browsing() -> Generator[Any]:
    """A browser without a window."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = CHROMIUM or ""
    for flag in FLAGS:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(110)
    try:
        yield driver
    finally:
        driver.quit()


def complaints(browser: Any, pictures: dict[str, str], page: Path, group: int = 20) -> list[str]:
    """What is wrong with the pictures, which are SVG by name; `page` is a file to show them in."""
    found: list[str] = []
    named = list(pictures.items())
    for start in range(0, len(named), group):
        shown = [
            svg[svg.index("<svg") :].replace("<svg", f'<svg id="{name}"', 1)
            for name, svg in named[start : start + group]
        ]
        page.write_text(
            "<!doctype html><meta charset=utf-8><body>" + "\n".join(f"<div>{svg}</div>" for svg in shown),
            encoding="utf-8",
        )
        browser.get(page.as_uri())
        found += browser.execute_script(_MEASURE)
    return found
