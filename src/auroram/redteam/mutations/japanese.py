"""Japanese in Latin letters (Hepburn), from a text that carries readings."""

from auroram.redteam.readings import pieces

_ROWS = {
    "": "あいうえお",
    "k": "かきくけこ",
    "s": "さしすせそ",
    "t": "たちつてと",
    "n": "なにぬねの",
    "h": "はひふへほ",
    "m": "まみむめも",
    "r": "らりるれろ",
    "g": "がぎぐげご",
    "z": "ざじずぜぞ",
    "d": "だぢづでど",
    "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
}
_KANA = {
    kana: consonant + vowel
    for consonant, row in _ROWS.items()
    for kana, vowel in zip(row, "aiueo", strict=True)
}
_KANA |= {"し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu"}
_KANA |= {"や": "ya", "ゆ": "yu", "よ": "yo", "わ": "wa", "を": "o", "ん": "n", "ゔ": "vu"}
_SMALL = dict(zip("ゃゅょぁぃぅぇぉ", ["ya", "yu", "yo", "a", "i", "u", "e", "o"], strict=True))
_PARTICLES = {"は": "wa", "へ": "e"}
_PARTICLE_RUNS = {
    "の", "を", "に", "が", "で", "と", "は", "へ", "も", "な", "や", "のを", "のは",
    "から", "まで", "との", "への", "には", "では",
}  # fmt: skip
_WORD_STARTS = ("です", "ください", "どう", "いい", "もらえ", "つもり", "こと", "という")
_MARKS = str.maketrans({"。": ". ", "、": ", ", "？": "? ", "！": "! ", "「": '"', "」": '"'})
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F5)}


def romaji(marked: str) -> str:
    """The text in Latin letters, with spaces where a new word seems to begin.

    Outside readings は and へ are the particles.

    >>> romaji("本[ほん]を読[よ]むアプリは何[なん]ですか。")
    'hon o yomu apuri wa nan desuka.'
    """
    words: list[str] = []
    inflected = False
    for text, is_reading in pieces(marked):
        for run in _runs(text):
            latin = _latin(run, particles=not is_reading)
            ending = inflected and not is_reading and run not in _PARTICLE_RUNS
            if ending and _script(run[0]) == "hiragana" and not run.startswith(_WORD_STARTS):
                words[-1] += latin
            else:
                words.append(latin)
            inflected = is_reading
    spaced = " ".join(" ".join(words).translate(_MARKS).split())
    return spaced.replace(" .", ".").replace(" ,", ",").replace(" ?", "?")


def _runs(text: str) -> list[str]:
    """The text cut where its script changes, and before words that often follow another."""
    runs: list[str] = []
    for i, character in enumerate(text):
        changed = not runs or _script(character) != _script(text[i - 1])
        if changed or text.startswith(_WORD_STARTS, i):
            runs.append("")
        runs[-1] += character
    return runs


def _script(character: str) -> str:
    if "ぁ" <= character <= "ゖ":
        return "hiragana"
    return "katakana" if "ァ" <= character <= "ヺ" or character == "ー" else "other"


def _latin(run: str, *, particles: bool) -> str:
    result = ""
    doubled = False
    for character in run.translate(_KATAKANA):
        if character == "っ":
            doubled = True
        elif character == "ー":
            result += result[-1:]
        elif character in _SMALL:
            result = _joined(result, _SMALL[character])
        else:
            sound = _KANA.get(character, character)
            sound = _PARTICLES.get(character, sound) if particles else sound
            result += ("t" if sound.startswith("ch") else sound[0]) * doubled + sound
            doubled = False
    return result


def _joined(before: str, small: str) -> str:
    """A small vowel after a syllable: `ki` and small `yo` are `kyo`, `shi` and `yo` are `sho`."""
    stem = before[:-1]
    return stem + (small[1:] if small[0] == "y" and stem.endswith(("sh", "ch", "j")) else small)
