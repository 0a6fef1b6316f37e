"""The verbs that a provider of telephone numbers carries out (Gather, Play, Say, Redirect, Hangup, Reject), as XML.

They are those of Twilio, which others understand as well.
"""

from xml.etree import ElementTree as xml

XML = "application/xml"
_FRENCH = "fr-FR"


def ask(*, unheard: str, question: str, digits: int, seconds: int, action: str, is_sound: bool) -> bytes:
    """Say, then gather keys and send them to `action`; `unheard` is said to its end, whatever is typed.

    What is said is the address of a sound, or a text when the machine has no voice. `digits` keys at most, `seconds`
    before the first one. Silence is sent too; the `Redirect` is for providers that do not send it.
    """
    response = xml.Element("Response")
    _say(response, unheard, is_sound=is_sound)
    gather = xml.SubElement(
        response,
        "Gather",
        input="dtmf",
        numDigits=str(digits),
        finishOnKey="#",
        timeout=str(seconds),
        actionOnEmptyResult="true",
        action=action,
        method="POST",
    )
    _say(gather, question, is_sound=is_sound)
    xml.SubElement(response, "Redirect", method="POST").text = action
    return _written(response)


def hang_up(*, said: str, is_sound: bool) -> bytes:
    """Say, then end the call."""
    response = xml.Element("Response")
    _say(response, said, is_sound=is_sound)
    xml.SubElement(response, "Hangup")
    return _written(response)


def busy() -> bytes:
    """Do not answer: the caller hears that the line is busy, and nobody pays."""
    response = xml.Element("Response")
    xml.SubElement(response, "Reject", reason="busy")
    return _written(response)


def nothing() -> bytes:
    """Nothing more to do."""
    return _written(xml.Element("Response"))


def _say(where: xml.Element, said: str, *, is_sound: bool) -> None:
    if not said:
        return
    if is_sound:
        xml.SubElement(where, "Play").text = said
    else:
        xml.SubElement(where, "Say", language=_FRENCH).text = said


def _written(response: xml.Element) -> bytes:
    written: bytes = xml.tostring(response, encoding="utf-8", xml_declaration=True)
    return written
