"""The page in a real browser: opened, filtered, stepped through with the keyboard, on a phone, for accessibility."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportMissingTypeStubs=false
from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium.webdriver")
from axe_core_python.selenium import Axe
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from custody.cli import run
from support.measured import browsing, needs_chromium

pytestmark = needs_chromium

REPORTS = Path(__file__).parents[3] / "reports"
PLOT = """<svg xmlns="http://www.w3.org/2000/svg" width="300" height="60" viewBox="0 0 300 60">
<title>How fast</title><style>text{font-size:40px}</style><text x="10" y="45">a plot</text></svg>
"""


@pytest.fixture(scope="module", name="page")
def _page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    plot = folder / "plot.svg"
    plot.write_text(PLOT, encoding="utf-8")
    kept = str(REPORTS / "explanations.json")
    specs = ["spec:as_posted/ownership", "spec:dma_buf"]
    code = run(["report", *specs, "--explained", kept, "--plot", str(plot), "-o", str(folder)])
    assert code == 0
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Any]:
    with browsing() as driver:
        yield driver


def open_page(browser: Any, page: str, width: int = 1280, height: int = 900, dark: bool = False) -> None:
    """The page as it is when first opened, in a window of that size (which may be a phone's)."""
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    browser.get("about:blank")
    browser.get(page)


def wait(browser: Any, condition: Any) -> Any:
    return WebDriverWait(browser, 30).until(condition)


def first_run(browser: Any) -> None:
    """Opens the first counterexample, as a click does."""
    button = browser.find_element(By.CSS_SELECTOR, "button.expected[data-run]")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    wait(browser, lambda b: b.find_element(By.ID, "player").is_displayed())
    wait(browser, lambda b: b.find_elements(By.CSS_SELECTOR, "#chart tbody tr.now"))


def choose(browser: Any, box: str, value: str) -> None:
    """Chooses from a box, as a script does: how a browser draws the list is its own matter."""
    script = (
        "const b = document.getElementById(arguments[0]); b.value = arguments[1]; b.dispatchEvent(new Event('input'))"
    )
    browser.execute_script(script, box, value)


def serious(browser: Any) -> list[tuple[str, str, list[str]]]:
    """What axe finds to be serious or worse in what is shown."""
    return [
        (violation["id"], violation["help"], [node["html"][:120] for node in violation["nodes"][:3]])
        for violation in Axe().run(browser, options={"resultTypes": ["violations"]})["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


def open_all(browser: Any, selector: str = "details") -> None:
    for details in browser.find_elements(By.CSS_SELECTOR, selector):
        browser.execute_script("arguments[0].open = true", details)
    time.sleep(0.2)


def where(browser: Any) -> tuple[int, int]:
    """The step that is shown, and how many there are."""
    here, _, rest = browser.find_element(By.ID, "where").text.partition(" of ")
    return int(here), int(rest.partition(":")[0])


def test_says_nothing_in_the_console_and_asks_no_network(browser: Any, page: str) -> None:
    open_page(browser, page)
    assert browser.get_log("browser") == []
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert "specifications" in browser.find_element(By.CSS_SELECTOR, ".totals").text


def test_a_counterexample_is_stepped_through_with_the_keyboard(browser: Any, page: str) -> None:
    open_page(browser, page)
    first_run(browser)
    at, last = where(browser)
    assert at == last > 1
    keys = browser.switch_to.active_element
    keys.send_keys(Keys.HOME)
    assert where(browser) == (0, last)
    keys.send_keys(Keys.ARROW_RIGHT)
    keys.send_keys(Keys.ARROW_RIGHT)
    assert where(browser) == (2, last)
    assert len(browser.find_elements(By.CSS_SELECTOR, "#chart tr.now")) == 1
    assert browser.find_element(By.CSS_SELECTOR, "#chart tr.now th").text.split()[0] == "2"
    keys.send_keys(Keys.ARROW_LEFT)
    assert where(browser) == (1, last)
    changed = [row.text for row in browser.find_elements(By.CSS_SELECTOR, "#state tr.new")]
    keys.send_keys(Keys.END)
    assert where(browser) == (last, last)
    assert browser.find_elements(By.CSS_SELECTOR, "#chart td.broken"), "the step that is to blame is marked"
    assert changed or last == 1
    assert browser.find_elements(By.CSS_SELECTOR, "#strip tbody tr")
    assert "#run=" in browser.current_url
    keys.send_keys(Keys.ESCAPE)
    wait(browser, lambda b: not b.find_element(By.ID, "player").is_displayed())


def test_a_link_opens_the_run_at_the_step(browser: Any, page: str) -> None:
    open_page(browser, page + "#run=0&step=1")
    wait(browser, lambda b: b.find_element(By.ID, "player").is_displayed())
    wait(browser, lambda b: b.find_element(By.ID, "where").text)
    assert where(browser)[0] == 1


def test_a_run_says_why_and_marks_what_it_rests_on(browser: Any, page: str) -> None:
    open_page(browser, page)
    assert "explained" in browser.find_element(By.CSS_SELECTOR, ".totals").text
    which = browser.execute_async_script(
        "const say = arguments[0]; load().then((all) => say(all.findIndex((run) => run.why)))"
    )
    assert which >= 0
    open_page(browser, f"{page}#run={which}")
    wait(browser, lambda b: b.find_elements(By.CSS_SELECTOR, "#chart tbody tr.now"))
    why = browser.find_element(By.ID, "why")
    assert why.is_displayed()
    why.find_element(By.TAG_NAME, "summary").click()
    said = [item.text for item in why.find_elements(By.TAG_NAME, "li")]
    assert any(sentence.startswith("it rests on step") for sentence in said)
    assert any(sentence.startswith("would have prevented it") for sentence in said)
    marked = [head.text for head in browser.find_elements(By.CSS_SELECTOR, "#chart tbody th") if "●" in head.text]
    assert marked


def test_the_style_of_a_plot_stays_its_own(browser: Any, page: str) -> None:
    open_page(browser, page)
    open_all(browser, "details.picture")
    size = "return getComputedStyle(arguments[0]).fontSize"
    plot = browser.find_element(By.CSS_SELECTOR, "details.picture div div").shadow_root
    assert browser.execute_script(size, plot.find_element(By.CSS_SELECTOR, "text")) == "40px"
    summary = browser.find_element(By.CSS_SELECTOR, "details.spec > summary")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].click()", summary)
    open_all(browser, ".body details.picture")
    drawn = browser.find_elements(By.CSS_SELECTOR, ".body details.picture text")
    assert shutil.which("dot") is None or drawn
    assert all(browser.execute_script(size, text) != "40px" for text in drawn[:5])


def rows(browser: Any) -> list[Any]:
    return browser.find_elements(By.CSS_SELECTOR, ".spec .body tr[data-words]")


def test_filters_by_words_rule_and_verdict(browser: Any, page: str) -> None:
    open_page(browser, page)
    everything = len(rows(browser))
    browser.find_element(By.ID, "words").send_keys("references")
    some = rows(browser)
    assert 0 < len(some) < everything
    assert all("references" in (row.get_attribute("data-words") or "").lower() for row in some)
    assert f"{len(some)} of {everything}" in browser.find_element(By.ID, "shown").text
    browser.find_element(By.ID, "words").clear()
    browser.execute_script("document.getElementById('words').dispatchEvent(new Event('input'))")
    assert len(rows(browser)) == everything
    choose(browser, "rule", "DB-ATT-02")
    assert 0 < len(rows(browser)) < everything
    assert all("DB-ATT-02" in (row.get_attribute("data-rules") or "") for row in rows(browser))
    choose(browser, "rule", "")
    assert len(rows(browser)) == everything
    choose(browser, "kind", "expected")
    assert 0 < len(rows(browser)) < everything
    assert all("expected" in (row.get_attribute("data-kinds") or "").split() for row in rows(browser))


def test_a_specification_is_there_while_it_is_open(browser: Any, page: str) -> None:
    open_page(browser, page)
    body = "details.spec .body tr[data-words]"
    everything = len(browser.find_elements(By.CSS_SELECTOR, body))
    summary = browser.find_element(By.CSS_SELECTOR, "details.spec > summary")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", summary)
    summary.click()
    wait(browser, lambda b: 0 < len(b.find_elements(By.CSS_SELECTOR, body)) < everything)
    # A filter opens what it finds something in, and what is not asked for stays away.
    choose(browser, "kind", "expected")
    found = browser.find_elements(By.CSS_SELECTOR, "details.spec[open] .body tr[data-words]")
    assert found and all("expected" in (row.get_attribute("data-kinds") or "").split() for row in found)
    choose(browser, "kind", "")
    wait(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, body)) == everything)
    # And so does a link of the overview, also when it was followed before.
    for _ in range(2):
        for details in browser.find_elements(By.CSS_SELECTOR, "details.spec"):
            browser.execute_script("arguments[0].open = false", details)
        wait(browser, lambda b: not b.find_elements(By.CSS_SELECTOR, body))
        link = browser.find_element(By.CSS_SELECTOR, ".overview a")
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
        link.click()
        wait(browser, lambda b: b.find_elements(By.CSS_SELECTOR, body))


def test_a_click_on_a_step_and_on_the_buttons_moves_the_run(browser: Any, page: str) -> None:
    open_page(browser, page)
    first_run(browser)
    _, last = where(browser)
    browser.find_element(By.ID, "first").click()
    assert where(browser) == (0, last)
    browser.find_element(By.ID, "next").click()
    assert where(browser) == (1, last)
    browser.find_element(By.CSS_SELECTOR, "#chart tbody tr:nth-child(1) th").click()
    assert where(browser) == (0, last)
    browser.find_element(By.ID, "last").click()
    browser.find_element(By.ID, "back").click()
    assert where(browser) == (last - 1, last)
    heads = [head.text for head in browser.find_elements(By.CSS_SELECTOR, "#chart thead th")]
    assert {"memory", "line"} <= set(heads), "where the data is fresh stands beside the actors"
    assert browser.find_elements(By.CSS_SELECTOR, "#chart td.stale")
    places = browser.find_elements(By.CSS_SELECTOR, "#chart td.place a")
    assert places and all("#L" in (place.get_attribute("href") or "") for place in places)
    browser.find_element(By.ID, "close").click()
    wait(browser, lambda b: not b.find_element(By.ID, "player").is_displayed())


@pytest.mark.parametrize("opened", [False, True])
def test_fits_a_phone(browser: Any, page: str, opened: bool) -> None:
    phone = 375
    open_page(browser, page, phone, 760)
    if opened:
        first_run(browser)
    # The window grows with what sticks out, so that it says nothing to compare with that.
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= phone, "only tables scroll sideways, inside their own frames"
    player = browser.execute_script(
        "const p = document.getElementById('player'); return [p.scrollWidth, p.clientWidth]"
    )
    assert player[0] <= player[1]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("opened", [False, True])
def test_is_accessible(browser: Any, page: str, dark: bool, opened: bool) -> None:
    open_page(browser, page, dark=dark)
    if opened:
        first_run(browser)
    for details in browser.find_elements(By.CSS_SELECTOR, "details.spec"):
        browser.execute_script("arguments[0].open = false", details)
    for key in [""] if opened else ["#s1", "#s2"]:
        # One at a time: axe takes more than linear time, and nobody reads thirty at once.
        if key:
            browser.execute_script("location.hash = arguments[0]", key)
            open_all(browser, f"{key} details")
        assert serious(browser) == [], key
        browser.execute_script("if (arguments[0]) document.querySelector(arguments[0]).open = false", key)


def test_the_picture_of_it_shows_something(browser: Any, page: str, tmp_path: Path) -> None:
    open_page(browser, page)
    blank = tmp_path / "blank.png"
    full = tmp_path / "full.png"
    browser.save_screenshot(str(full))
    browser.get("about:blank")
    browser.save_screenshot(str(blank))
    assert full.stat().st_size > 4 * blank.stat().st_size


@pytest.mark.skipif("CUSTODY_PAGE" not in os.environ, reason="takes ten minutes; CUSTODY_PAGE=1 asks for it")
def test_the_page_of_everything(browser: Any, tmp_path: Path) -> None:
    folders = (tmp_path / "one", tmp_path / "two")
    spec = Path(__file__).parents[3] / "spec"
    for folder in folders:
        assert run(["report", str(spec), "-o", str(folder)]) == 0
    for name in ("index.html", "report.md", "report.json"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    assert_good(browser, folders[0] / "index.html")


def assert_good(browser: Any, page: Path) -> None:
    """Small, opened at once, and accessible as it is opened and with each specification shown in full."""
    assert page.stat().st_size < 5_000_000
    times: list[float] = []
    loaded = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
    for _ in range(3):
        open_page(browser, page.as_uri())
        times.append(wait(browser, lambda b: b.execute_script(loaded)))
    assert min(times) < 1_000, "milliseconds until it is there"
    assert serious(browser) == []
    keys = [spec.get_attribute("id") for spec in browser.find_elements(By.CSS_SELECTOR, "details.spec")]
    assert len(keys) > 20
    for key in keys:
        open_page(browser, f"{page.as_uri()}#{key}")
        open_all(browser, f"#{key}, #{key} details")
        assert browser.find_elements(By.CSS_SELECTOR, f"#{key} .body table.properties")
        assert serious(browser) == [], key
