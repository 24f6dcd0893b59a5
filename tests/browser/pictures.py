#!/usr/bin/env python3
"""Pictures of the status page: every scene on a desktop, light and dark, and on a phone.

  /usr/bin/python3 tests/browser/pictures.py FOLDER [SCENE...]     of the scenes in scenes.py
  /usr/bin/python3 tests/browser/pictures.py FOLDER --url http://127.0.0.1:2112/ NAME    of an exporter that runs
"""
import base64
import sys
import time
from pathlib import Path

import scenes
from browser import Browser, StandIn

SCENES = ["idle", "draining", "sink_down", "backfilling", "poison"]
LOOKS = {"desktop-light": {}, "desktop-dark": {"dark": True}, "phone": {"width": 360, "height": 740, "phone": True}}


def wait_for(condition, what):
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited a minute in vain: {what}")
        time.sleep(0.02)


def take(browser, url, folder, name):
    for look, options in LOOKS.items():
        browser.look(**options)
        browser.driver.get(url)
        wait_for(lambda: browser.run("return !document.querySelector('#rest').hidden"), "numbers on the page")
        height = browser.run("return document.documentElement.scrollHeight")
        browser.look(**{**options, "height": height})
        wait_for(lambda: browser.run("return document.querySelectorAll('.plot svg text').length > 6"), "plots")
        picture = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
        (folder / f"{name}-{look}.png").write_bytes(base64.b64decode(picture))


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    browser = Browser()
    try:
        if sys.argv[2:3] == ["--url"]:
            take(browser, sys.argv[3], folder, sys.argv[4])
            return
        for name in sys.argv[2:] or SCENES:
            stand_in = StandIn(getattr(scenes, name)())
            take(browser, stand_in.url, folder, name.replace("_", "-"))
            stand_in.close()
            for error in browser.errors():
                print(error, file=sys.stderr)
    finally:
        browser.close()


if __name__ == "__main__":
    main()
