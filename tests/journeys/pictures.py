"""The pictures of the pages for people, taken again: `python -m tests.journeys.pictures docs/pictures`.

Beside a `make run` with its demonstration (the same `PORT` and `DATA_DIR`). Nothing is changed there.
"""

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from lps.accounts.totp import code_at
from lps.kernel.clock import real_now

CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PORT = os.environ.get("PORT", "8000")
TOWN, CONSOLE = f"http://buchelay.localhost:{PORT}", f"http://console.localhost:{PORT}"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
MOST = 60_000  # bytes of one picture
Accounts = dict[str, str]


def accounts() -> tuple[Accounts, str]:
    """The secrets of the demonstration by address, and the password of all."""
    asked = [sys.executable, "-m", "deploy.command", "demo", "--accounts"]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    [password] = re.findall(r"mot de passe : (\S+)", told)
    return dict(re.findall(r"(\S+@\S+) +TOTP (\w+)", told)), password


def keep(page: Page, file: Path) -> None:
    """What the window shows, as a small WebP."""
    page.wait_for_load_state("networkidle")
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        shot.convert("RGB").save(file, format="WEBP", quality=72, method=6)
    if file.stat().st_size > MOST:
        raise SystemExit(f"{file} : plus de {MOST} octets.")


def signed_in(browser: Browser, address: str, email: str, known: tuple[Accounts, str]) -> Page:
    """An agent's or an operator's window."""
    secrets, password = known
    page = browser.new_page(viewport=DESK)
    page.goto(address)
    page.get_by_label("Adresse e-mail").fill(email)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_label("Code à usage unique").fill(code_at(secret=secrets[email], at=real_now()))
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_label("Adresse e-mail").wait_for(state="detached")
    return page


def family(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport=DESK)
    page.goto(TOWN)
    page.get_by_label("Code enfant").fill("48291573")
    page.get_by_label("Code famille").fill("73026418")
    page.get_by_role("button", name="connexion").click()
    page.goto(f"{TOWN}/enfants/48291573/planning/")
    page.wait_for_url("**/planning/**")
    for size, name in ((DESK, "planning"), (PHONE, "planning-telephone")):
        page.set_viewport_size(size)
        page.get_by_role("heading", name="Semaine N°").nth(2).evaluate("week => week.scrollIntoView()")
        keep(page, folder / f"{name}.webp")


def town(browser: Browser, folder: Path, known: tuple[Accounts, str]) -> None:
    page = signed_in(browser, f"{TOWN}/mairie/connexion/", "administrateur@buchelay.example", known)
    page.goto(f"{TOWN}/mairie/")
    keep(page, folder / "aujourdhui.webp")
    page.goto(f"{TOWN}/mairie/cuisine/")
    keep(page, folder / "cuisine.webp")
    page.goto(f"{TOWN}/mairie/telephone/essai/")
    page.get_by_role("button", name="Appeler").click()
    page.get_by_role("textbox", name="Touches").fill("48291573#")
    page.get_by_role("button", name="Taper").click()
    keep(page, folder / "essai-telephone.webp")
    page.get_by_role("button", name="Raccrocher").click()


def console(browser: Browser, folder: Path, known: tuple[Accounts, str]) -> None:
    page = signed_in(browser, f"{CONSOLE}/connexion/", "exploitant@lps.example", known)
    page.goto(f"{CONSOLE}/communes/buchelay/")
    keep(page, folder / "console.webp")


def main(folder: Path) -> None:
    """Take them all."""
    folder.mkdir(parents=True, exist_ok=True)
    known = accounts()
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM) as browser,
    ):
        family(browser, folder)
        town(browser, folder, known)
        console(browser, folder, known)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
