"""The status page in a browser, against answers of every kind."""
import re
import sys

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import scenes
from browser import BrowserTest, StandIn
from support import main, wait_until

# Each scene, the word that it must be shown with, and the tone that gives it its colour.
SHOWN = {
    "starting": ("Starting", "info"), "idle": ("Idle", "ok"), "delivering": ("Delivering", "ok"),
    "draining": ("Delivering", "warning"), "backfilling": ("Backfilling", "info"), "sink_down": ("Blocked", "error"),
    "poison": ("Delivering", "warning"), "standby": ("Standby", "info"), "no_token": ("Blocked", "error"),
}
HOSTILE = '<img src="x" onerror="window.hurt = 1"><script>window.hurt = 1</script>${1}&lt;b&gt;'

# (selector, text, ratio) of every piece of text that has less contrast to what is behind it than WCAG 2.1 asks for (1.4.3, AA).
CONTRAST = """
const parse = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
const over = (top, below) => top.slice(0, 3).map((v, i) => v * top[3] + below[i] * (1 - top[3])).concat(1);
const light = c => { const l = c.slice(0, 3).map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
                     return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2]; };
const behind = element => { const c = parse(getComputedStyle(element).backgroundColor);
                            return c[3] === 1 || !element.parentElement ? c : over(c, behind(element.parentElement)); };
const bad = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let seen = 0;
while (walk.nextNode()) {
  const element = walk.currentNode.parentElement, style = getComputedStyle(element);
  if (!walk.currentNode.textContent.trim() || !element.getClientRects().length || element.closest('script, style')) continue;
  const [a, b] = [light(parse(element instanceof SVGElement ? style.fill : style.color)), light(behind(element))].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  seen++;
  if (ratio < (large ? 3 : 4.5)) bad.push([element.className || element.tagName, walk.currentNode.textContent.slice(0, 40), ratio]);
}
return [seen, bad];
"""
# What reaches beyond the right edge of the screen.
TOO_WIDE = """
const width = document.documentElement.clientWidth;
const wide = [...document.body.querySelectorAll('*')].filter(e => e.getClientRects().length && !e.closest('.sr, svg') &&
  e.getBoundingClientRect().right > width + 0.5).map(e => e.tagName + '#' + e.id + '.' + e.className);
return document.documentElement.scrollWidth > width ? ['the page itself', ...wide] : wide;
"""


def runs(samples):
    """How many unbroken pieces a line of these has."""
    return sum(value is not None and (i == 0 or samples[i - 1] is None) for i, value in enumerate(samples))


def with_strings(value, text):
    """The same JSON with each string replaced."""
    if isinstance(value, dict):
        return {key: with_strings(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [with_strings(item, text) for item in value]
    return text if isinstance(value, str) else value


class PageTest(BrowserTest):
    def setUp(self):
        super().setUp()
        self.stand_in = StandIn(scenes.idle())
        self.addCleanup(self.stand_in.close)

    def tearDown(self):
        self.assertLessEqual(set(self.stand_in.paths()), {"/", "/status"})
        super().tearDown()

    def show(self, answer):
        self.stand_in.answer(answer)
        self.open(self.stand_in.url)

    def turn_to(self, answer):
        """Without loading the page again. Which answer is shown is known by its version."""
        self.turns = getattr(self, "turns", 0) + 1
        if not self.browser.run("return document.querySelector('#rest')"):
            self.open(self.stand_in.url)
        self.stand_in.answer({**answer, "version": f"turn-{self.turns}"})
        self.wait_for_text("#about", rf"\bturn-{self.turns}\b")

    def facts(self, name):
        """A list of facts as {label: text}; also the totals."""
        pairs = self.browser.run("""const list = document.getElementById(arguments[0]);
            return [...list.querySelectorAll('dt')].map((dt, i) => [dt.textContent, list.querySelectorAll('dd')[i].textContent])""",
            name)
        return {label: text.replace("\u00a0", " ") for label, text in pairs}

    def figures(self):
        return {name: self.browser.text(f"[data-figure={name}]")
                for name in ("lag", "read", "delivered", "failed", "p50", "p99")}


class States(PageTest):
    def test_each_has_its_word_its_colour_and_its_sentence(self):
        colours = {}
        for name, (word, tone) in SHOWN.items():
            with self.subTest(name):
                answer = getattr(scenes, name)()
                self.turn_to(answer)
                self.assertEqual(self.browser.text("#state"), word)
                self.assertEqual(self.browser.run("return document.querySelector('#banner').dataset.tone"), tone)
                self.assertEqual(self.browser.text("#summary"), answer["summary"])
                self.assertEqual(self.browser.run("return document.title"), f"{word} \u00b7 event-exporter")
                colours[tone] = self.browser.run("return getComputedStyle(document.querySelector('#state')).color")
                self.assertNotRegex(self.browser.text("body"), r"\b(NaN|null|undefined|Infinity|object)\b")
        self.assertEqual(len(set(colours.values())), 4, colours)

    def test_what_is_wrong_comes_with_what_to_do_and_goes_again(self):
        self.show(scenes.sink_down())
        problem = scenes.sink_down()["problems"][0]
        self.assertEqual(self.browser.text("#problem-list"), f"Error {problem['what']} {problem['remedy']}")
        self.assertEqual(self.browser.text("#chips"), "Healthy Not ready 1 problem")
        self.assertEqual(self.facts("checks")["/readyz"], "503: " + scenes.sink_down()["readyReason"])
        self.stand_in.answer(scenes.poison())
        self.wait_for_text("#problem-list", "^Warning .* Warning .*event-exporter dlq replay")
        self.assertEqual(self.browser.run("return document.querySelector('#problem-list code').textContent"),
                         "event-exporter dlq list")
        self.stand_in.answer(scenes.delivering())
        self.wait_for("document.querySelector('#problems').hidden")
        self.assertEqual(self.browser.text("#chips"), "Healthy Ready No problems")

    def test_a_change_is_read_aloud_and_a_new_number_is_not(self):
        self.show(scenes.delivering())
        self.browser.run("""window.heard = [];
            new MutationObserver(() => heard.push(document.querySelector('#live').textContent))
              .observe(document.querySelector('#live'), {childList: true, characterData: true, subtree: true});""")
        answer = scenes.delivering()
        answer["rates"]["deliveredPerSecond"] = 50.5
        self.stand_in.answer(answer)
        self.wait_for_text("[data-figure=delivered]", "50.5/s")
        self.stand_in.answer(scenes.sink_down())
        self.wait_for("heard.length")
        self.assertEqual(self.browser.run("return heard"), ["State: Blocked. 1 problem: sink."])

    def test_of_a_later_version_are_shown_as_they_are_called(self):
        self.show({**scenes.changed(state="pondering"), "news": {"a": 1}})
        self.assertEqual(self.browser.text("#state"), "pondering")


class Numbers(PageTest):
    def test_have_units_and_no_more_digits_than_they_need(self):
        self.show(scenes.delivering())
        self.assertEqual(self.figures(), {"lag": "1.2 s", "read": "300 ms", "delivered": "118/s", "failed": "0/s",
                                          "p50": "12 ms", "p99": "90 ms"})
        self.assertEqual(self.browser.text("#about"), "version 0.1.0 (abc1234) \u00b7 up 1 d 2 h")
        self.assertEqual(self.facts("queue")["Memory"], "79.2 KiB of 12 MiB")
        self.assertEqual(self.facts("token")["Expires"], "in 41 min 40 s")
        self.assertEqual(self.facts("totals")["received"], "1,234,567")
        for value, text in ((0, "0 s"), (0.00042, "0.42 ms"), (0.0031, "3.1 ms"), (0.9996, "1 s"), (59.6, "1 min"),
                            (200, "3 min 20 s"), (7260, "2 h 1 min"), (3600.4, "1 h"), (90000, "1 d 1 h"), (-0.5, "\u2212500 ms")):
            self.stand_in.answer(scenes.changed(lag={"exportSeconds": value}))
            self.wait_for_text("[data-figure=lag]", f"^{text}$")
        for value, text in ((0.04, "0.04/s"), (3.14159, "3.1/s"), (99.94, "99.9/s"), (1840.4, "1,840/s")):
            self.stand_in.answer(scenes.changed(rates={"deliveredPerSecond": value}))
            self.wait_for_text("[data-figure=delivered]", f"^{text}$")

    def test_that_are_not_known_are_unknown_and_never_0(self):
        self.show(scenes.unknown())
        self.assertEqual(self.figures(), dict.fromkeys(("lag", "read", "delivered", "failed"), "unknown") |
                         dict.fromkeys(("p50", "p99"), "\u2014"))
        for name in ("queue", "sink", "token", "letters", "totals", "position"):
            self.assertNotIn("0", {text for label, text in self.facts(name).items()}, name)
        self.assertEqual(set(self.facts("queue").values()), {"unknown"})
        self.assertEqual(set(self.facts("token").values()), {"unknown"})
        self.assertEqual(self.facts("letters")["Stored"], "unknown")
        self.assertEqual(self.facts("lease"), {"Role": "none: this exporter uses no lease"})
        self.assertEqual(self.browser.text("#lanes-note"), "unknown")
        self.assertNotRegex(self.browser.text("main"), r"\b0 (s|B|ms)\b|\b0/s")

    def test_of_the_busiest_nodes_are_a_table(self):
        self.show(scenes.draining())
        rows = self.browser.run("return [...document.querySelectorAll('#lanes tbody tr')].map(r => [...r.cells].map(c => c.innerText))")
        self.assertEqual(len(rows), 10)
        self.assertEqual([cell.split() for cell in rows[0]], [["gpu-node-0017", "parallel"], ["1,212"], ["6"]])
        self.assertEqual(self.browser.text("#lanes-note"), "412 nodes have events waiting or under way")
        self.stand_in.answer(scenes.poison())
        self.wait_for_text("#lanes", "gpu-node-0007 stuck 38 1")
        self.stand_in.answer(scenes.idle())
        self.wait_for_text("#lanes-note", "No node has events waiting.")
        self.assertFalse(self.browser.driver.find_element(By.ID, "lanes").is_displayed())

    def test_of_a_backfill_are_a_bar_while_it_runs(self):
        self.show(scenes.backfilling())
        self.assertEqual(self.browser.text("#backfill-text"), "412,006 of 1,000,000 events settled \u00b7 41 %")
        self.assertAlmostEqual(self.browser.run("return document.querySelector('#backfill-bar').position"), 0.412006)
        self.stand_in.answer(scenes.changed(backfill={"state": "running", "settled": 17, "total": None}))
        self.wait_for_text("#backfill-text", "^17 events settled; how many there are is not known$")
        self.assertEqual(self.browser.run("return document.querySelector('#backfill-bar').position"), -1)
        self.stand_in.answer(scenes.idle())
        self.wait_for("document.querySelector('#backfill').hidden")

    def test_of_the_settings_are_there_for_whoever_unfolds_them(self):
        self.show(scenes.idle())
        summary = self.browser.driver.find_element(By.CSS_SELECTOR, "summary")
        self.assertFalse(self.browser.driver.find_element(By.ID, "settings").is_displayed())
        summary.send_keys(Keys.ENTER)
        self.wait_for_text("#settings", r"exporter\.workers\s+10\s+--workers")


class Plots(PageTest):
    def path(self, plot, name):
        return self.browser.run(f"return document.querySelector('#{plot} path.{name}').getAttribute('d')")

    def texts(self, plot):
        return self.browser.run(f"return [...document.querySelectorAll('#{plot} text')].map(t => t.textContent.replace(/\\u00a0/g, ' '))")

    def moments(self, plot):
        """What stands below the plot."""
        return [text for text in self.texts(plot) if text == "now" or text.endswith("ago")]

    def test_have_gaps_where_nothing_is_known(self):
        holes = [1.0, None, 2.0, 3.0, None, None, 4.0, 0.0, None]
        self.show(scenes.changed(recent={"delivered": holes, "failed": [None] * 9, "p50": holes, "p99": [1.0] * 9,
                                         "lag": [None] * 8 + [5.0]}))
        self.assertEqual(runs(holes), 3)
        self.assertEqual(self.path("rate-plot", "first").count("M"), 3)
        self.assertEqual(self.path("rate-plot", "second"), "")
        self.assertEqual(self.path("latency-plot", "first").count("M"), 3)
        self.assertEqual(self.path("latency-plot", "second").count("M"), 1)
        self.assertEqual(self.path("lag-plot", "first").count("M"), 1)
        self.assertEqual(self.browser.text("#rate-plot .legend"), "delivered unknown failed attempts unknown")

    def test_have_axes_with_units(self):
        self.show(scenes.draining())
        self.assertEqual(self.texts("lag-plot"), ["0", "5 min", "10 min", "10 min ago", "now"])
        self.assertEqual(self.texts("rate-plot"), ["0", "1,000/s", "2,000/s", "10 min ago", "now"])
        self.assertEqual(self.texts("latency-plot"), ["0", "20 ms", "40 ms", "10 min ago", "now"])

    def test_show_the_values_of_the_moment_under_the_pointer(self):
        self.show(scenes.changed(recent={"delivered": [7.0] * 30 + [9.0] * 30, "failed": [0.0] * 60, "p50": [None] * 60,
                                         "p99": [None] * 60, "lag": [30.0 - i / 2 for i in range(60)]}))
        self.assertEqual(self.browser.text("#rate-plot .legend"), "delivered 9/s failed attempts 0/s")
        plot = self.browser.driver.find_element(By.CSS_SELECTOR, "#rate-plot svg")
        ActionChains(self.browser.driver).move_to_element_with_offset(plot, -60, 0).perform()
        self.wait_for_text("#rate-plot .legend", r"^delivered 7/s failed attempts 0/s$")
        moment = self.moments("rate-plot")
        self.assertRegex(moment[-1], r"^1 min \d+ s ago$")
        # The others show the same moment.
        self.assertRegex(self.browser.text("#lag-plot .legend"), r"^lag (1\d|2\d|30)(\.\d)? s$")
        self.assertEqual(self.moments("lag-plot"), moment)
        ActionChains(self.browser.driver).move_to_element(self.browser.driver.find_element(By.CSS_SELECTOR, "h1")).perform()
        self.wait_for_text("#rate-plot .legend", r"^delivered 9/s failed attempts 0/s$")
        self.assertEqual(self.moments("lag-plot"), ["2 min ago", "now"])

    def test_can_be_read_with_the_keyboard(self):
        self.show(scenes.changed(recent={"delivered": [7.0] * 59 + [9.0], "failed": [0.0] * 60, "p50": [0.01] * 60,
                                         "p99": [0.02] * 60, "lag": [1.0] * 60}))
        plot = self.browser.driver.find_element(By.ID, "rate-plot")
        said = "document.querySelector('#rate-plot').getAttribute('aria-valuetext').replace(/\\u00a0/g, ' ')"
        self.assertEqual(self.browser.run(f"return {said}"), "now: delivered 9/s, failed attempts 0/s")
        plot.send_keys(Keys.ARROW_LEFT)
        self.assertEqual(self.browser.run(f"return {said}"), "2 s ago: delivered 7/s, failed attempts 0/s")
        plot.send_keys(Keys.HOME)
        self.assertEqual(self.browser.run(f"return {said}"), "1 min 58 s ago: delivered 7/s, failed attempts 0/s")
        plot.send_keys(Keys.ESCAPE)
        self.assertEqual(self.browser.run(f"return {said}"), "now: delivered 9/s, failed attempts 0/s")


class Silence(PageTest):
    def visible(self):
        return not self.browser.run("return document.querySelector('#silence').hidden")

    def test_of_an_exporter_that_is_gone_is_said_with_the_age_of_the_numbers_until_it_is_back(self):
        self.allowed = r"/status - Failed to load resource: net::ERR_"
        self.show(scenes.delivering())
        self.assertFalse(self.visible())
        self.stand_in.close()
        self.wait_for_text("#silence", r"No answer The exporter cannot be reached. What is below is \d+ s old")
        self.assertEqual(self.browser.run("return document.title"), "No answer \u00b7 event-exporter")
        self.assertEqual(self.browser.text("[data-figure=delivered]"), "118/s")
        self.wait_for_text("#silence-age", r"is [1-9]\d* s old")
        self.stand_in.answer(scenes.idle())
        self.stand_in.open()
        self.wait_for_text("#state", "Idle")
        self.wait_for("document.querySelector('#silence').hidden")
        self.assertEqual(self.browser.run("return document.title"), "Idle \u00b7 event-exporter")

    def test_of_an_exporter_that_hangs_is_said_too(self):
        self.show(scenes.delivering())
        self.browser.run("hasten[5000] = 300")
        self.stand_in.answer(None)
        self.wait_for_text("#silence", r"The exporter has not answered for 5 s. What is below is")
        self.browser.run("delete hasten[5000]")
        self.stand_in.answer(scenes.idle())
        self.wait_for("document.querySelector('#silence').hidden")

    def test_from_the_start_leaves_no_numbers(self):
        self.allowed = r"/status - Failed to load resource: the server responded with a status of 500"
        self.show(500)
        self.wait_for_text("#silence", r"answers, but not with its status \(HTTP 500\). There are no numbers yet.")
        self.assertTrue(self.browser.run("return document.querySelector('#rest').hidden"))
        self.stand_in.answer(scenes.idle())
        self.wait_for_text("#state", "Idle")

    def test_is_what_an_answer_is_worth_that_cannot_be_understood(self):
        self.show(scenes.idle())
        for answer, text in (("<html>proxy", "answer is not JSON"), ("[]", "does not understand"), ('"x"', "does not understand"),
                             ("null", "does not understand"), ('{"problems": 5}', "does not understand")):
            with self.subTest(answer):
                self.stand_in.answer(answer)
                self.wait_for_text("#silence", text)
                self.stand_in.answer(scenes.idle())
                self.wait_for("document.querySelector('#silence').hidden")
        self.stand_in.answer("{}")
        self.wait_for_text("#state", "^Unknown$")
        self.assertEqual(self.figures()["lag"], "unknown")

    def test_is_kept_while_nobody_looks(self):
        self.show(scenes.idle())
        self.stand_in.answer(None)
        wait_until(lambda: self.stand_in.hanging, "a question that is under way")
        asked = self.stand_in.asked()
        hide = """Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});
                  document.dispatchEvent(new Event('visibilitychange'));"""
        self.browser.run(hide, True)
        # Long enough for some more questions, were they asked.
        turns = "const done = arguments[0]; let n = 60; (function turn() { n-- ? setTimeout(turn, 0) : done(questions.size); })()"
        self.assertEqual(self.browser.driver.execute_async_script(turns), 0)
        self.assertEqual(self.stand_in.asked(), asked)
        self.assertFalse(self.visible())
        self.stand_in.answer(scenes.delivering())
        self.browser.run(hide, False)
        self.wait_for_text("#state", "Delivering")
        self.assertGreater(self.stand_in.asked(), asked)
        # Hidden between two questions, it does not ask the second.
        self.wait_for("questions.size === 1 && (Object.defineProperty(document, 'hidden', {value: true, configurable: true}), "
                      "document.dispatchEvent(new Event('visibilitychange')))", what="a moment between two questions")
        asked = self.stand_in.asked()
        self.wait_for("questions.size === 0")
        self.assertEqual(self.browser.driver.execute_async_script(turns), 0)
        self.assertEqual(self.stand_in.asked(), asked)
        self.browser.run(hide, False)
        self.wait_for("questions.size === 1")


class Safety(PageTest):
    def test_strings_are_text_whatever_is_in_them(self):
        answer = scenes.poison()
        answer["sink"]["lastFailure"] = {"what": HOSTILE, "status": 400, "secondsAgo": 8.0}
        answer = with_strings(answer, HOSTILE)
        self.show(answer)
        self.browser.driver.find_element(By.CSS_SELECTOR, "summary").click()
        for selector in ("#state", "#summary", "#problem-list h3", "#problem-list p", "#lanes tbody td", "#sink", "#position", "#lease",
                         "#settings tbody td"):
            self.assertIn(HOSTILE, self.browser.text(selector), selector)
        self.assertIsNone(self.browser.run("return window.hurt ?? null"))
        self.assertEqual(self.browser.run("return document.querySelectorAll('img, script').length"), 1)

    def test_markup_that_got_in_all_the_same_could_do_nothing(self):
        self.allowed = "Content Security Policy"
        self.show(scenes.idle())
        self.browser.run("""document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.hurt = 1">');
            document.body.insertAdjacentHTML('beforeend', '<p id="red" style="color: rgb(255, 0, 0)">red</p>');
            window.tried = new Promise(done => {
              const image = new Image();
              image.onerror = () => done('blocked');
              image.onload = () => done('loaded');
              image.src = '/elsewhere.png';
            });""")
        self.assertEqual(self.browser.driver.execute_async_script("tried.then(arguments[0])"), "blocked")
        self.assertIsNone(self.browser.run("return window.hurt ?? null"))
        self.assertNotEqual(self.browser.run("return getComputedStyle(document.querySelector('#red')).color"), "rgb(255, 0, 0)")
        log = "\n".join(self.browser.errors())
        for what in ("inline event handler", "inline style", "elsewhere.png"):
            self.assertIn(what, log)

    def test_nothing_but_the_status_is_asked_for(self):
        self.show(scenes.delivering())
        self.wait_for("performance.getEntriesByType('resource').length > 1")
        names = set(self.browser.run("return performance.getEntriesByType('resource').map(e => e.name)"))
        self.assertEqual(names, {self.stand_in.url + "status"})


class Appearance(PageTest):
    def scenes(self):
        """Every scene, and the page without an answer."""
        for name in SHOWN:
            answer = getattr(scenes, name)()
            if name == "backfilling":
                answer["lanes"]["busiest"][0].update(stuck=True, parallel=True)
            yield name, answer
        yield "unknown", scenes.unknown()

    def test_has_contrast_enough_in_light_and_dark(self):
        pages = {}
        for dark in (False, True):
            self.browser.look(dark=dark)
            for name, answer in self.scenes():
                with self.subTest(name, dark=dark):
                    self.turn_to(answer)
                    self.browser.run("document.querySelector('details').open = true")
                    seen, bad = self.browser.run(CONTRAST)
                    self.assertGreater(seen, 50)
                    self.assertEqual(bad, [])
            # As when the exporter is gone; the colours of the rest are grey then.
            self.assertEqual(self.browser.run("document.querySelector('#silence').hidden = false;" + CONTRAST)[1], [])
            pages[dark] = self.browser.run("return getComputedStyle(document.body).backgroundColor")
        self.assertNotEqual(pages[False], pages[True])

    def test_fits_a_phone_a_tablet_and_a_wide_screen(self):
        wide = scenes.poison()
        wide["lanes"]["busiest"][0]["node"] = "a-node-name-without-an-end-" * 6
        wide["sink"]["endpoint"] = "https://sink.example/" + "x" * 300
        wide["problems"][0]["what"] = "y" * 300
        wide["summary"] = "z" * 300
        wide["totals"].update(received=10**15, delivered=10**15)
        wide["lag"].update(exportSeconds=86399.0, readSeconds=86399.0)
        wide["settings"][0].update(key="k" * 200, value="v" * 300, origin="o" * 200)
        for width in (320, 360, 700, 1000, 1920):
            self.browser.look(width=width, height=740, phone=width < 400)
            for name, answer in [*self.scenes(), ("wide", wide)] if width == 360 else [("wide", wide)]:
                with self.subTest(name, width=width):
                    self.turn_to(answer)
                    self.assertEqual(self.browser.run("document.querySelector('details').open = true;"
                                                      "document.querySelector('#silence').hidden = false;" + TOO_WIDE), [])
                    drawn = "document.querySelector('#lag-plot .grid')?.getAttribute('x2') - " \
                            "document.querySelector('#lag-plot svg').clientWidth"
                    self.wait_for(f"Math.abs({drawn}) < 8", "a plot as wide as its place")

    def test_has_a_name_for_everything_that_is_not_text(self):
        self.show(scenes.backfilling())
        nameless = self.browser.run("""return [...document.querySelectorAll('progress, table, [role=slider], svg')].filter(e =>
            !e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby') && !e.closest('details') &&
            e.getAttribute('aria-hidden') !== 'true').map(e => e.outerHTML.slice(0, 80))""")
        self.assertEqual(nameless, [])
        headings = self.browser.run("return [...document.querySelectorAll('h1, h2, h3')].map(h => h.tagName + ' ' + h.textContent)")
        self.assertEqual(headings[0], "H1 event-exporter")
        self.assertEqual(sum(heading.startswith("H1") for heading in headings), 1)


if __name__ == "__main__":
    main()
