"""Which script a letter is of, by ISO 15924 code: every script of Unicode that has letters.

Sources: for the scripts that most text is in, Unicode blocks, which take in the marks that scripts
share; for the others Scripts-18.0.0.txt of the Unicode Character Database
(https://www.unicode.org/Public/UCD/latest/ucd/Scripts.txt). Only letters and marks are looked up.
"""

from collections.abc import Mapping

_WIDE = {
    "Latn": ((0x41, 0x5B), (0x61, 0x7B), (0xAA, 0xAB), (0xBA, 0xBB), (0xC0, 0x2B9),
             (0x1D00, 0x1D26), (0x1D62, 0x1D66), (0x1D6B, 0x1D9B), (0x1E00, 0x1F00),
             (0x2090, 0x209D), (0x2184, 0x2185), (0x2C60, 0x2C80), (0xA722, 0xA788),
             (0xA78B, 0xA800), (0xAB30, 0xAB65), (0xAB66, 0xAB69), (0xFF21, 0xFF3B),
             (0xFF41, 0xFF5B)),
    "Grek": ((0x370, 0x3E2), (0x3F0, 0x400), (0x1D26, 0x1D2B), (0x1D66, 0x1D6B),
             (0x1F00, 0x2000)),
    "Cyrl": ((0x400, 0x530), (0x1C80, 0x1C90), (0x1D2B, 0x1D2C), (0x2DE0, 0x2E00),
             (0xA640, 0xA6A0)),
    "Armn": ((0x531, 0x590),),
    "Hebr": ((0x591, 0x600), (0xFB1D, 0xFB50)),
    "Arab": ((0x600, 0x700), (0x750, 0x780), (0x870, 0x890), (0x8A0, 0x900), (0xFB50, 0xFE00),
             (0xFE70, 0xFEFF)),
    "Deva": ((0x900, 0x980), (0xA8E0, 0xA900)),
    "Beng": ((0x980, 0xA00),),
    "Guru": ((0xA00, 0xA80),),
    "Gujr": ((0xA80, 0xB00),),
    "Orya": ((0xB00, 0xB80),),
    "Taml": ((0xB80, 0xC00),),
    "Telu": ((0xC00, 0xC80),),
    "Knda": ((0xC80, 0xD00),),
    "Mlym": ((0xD00, 0xD80),),
    "Sinh": ((0xD80, 0xE00),),
    "Thai": ((0xE00, 0xE80),),
    "Laoo": ((0xE80, 0xF00),),
    "Tibt": ((0xF00, 0x1000),),
    "Mymr": ((0x1000, 0x10A0), (0xA9E0, 0xAA00), (0xAA60, 0xAA80)),
    "Geor": ((0x10A0, 0x1100), (0x1C90, 0x1CC0), (0x2D00, 0x2D30)),
    "Hang": ((0x1100, 0x1200), (0x3130, 0x3190), (0xA960, 0xA980), (0xAC00, 0xD800)),
    "Ethi": ((0x1200, 0x13A0), (0x2D80, 0x2DE0), (0xAB00, 0xAB30)),
    "Khmr": ((0x1780, 0x1800),),
    "Hira": ((0x3041, 0x3097), (0x309D, 0x30A0), (0x1B001, 0x1B120)),
    "Kana": ((0x30A1, 0x30FB), (0x30FC, 0x3100), (0x31F0, 0x3200), (0xFF66, 0xFFA0)),
    "Hani": ((0x3005, 0x3008), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00),
             (0x20000, 0x32000)),
}  # fmt: skip

_OTHERS = """
Adlm 1E900-1E95F Aghb 10530-1056F Ahom 11700-11746 Armi 10840-1085F Avst 10B00-10B3F
Bali 1B00-1B7F Bamu A6A0-A6F7 16800-16A38 Bass 16AD0-16AF5 Batk 1BC0-1BFF Berf 16EA0-16ED3
Bhks 11C00-11C6C Bopo 2EA-2EB 3105-312F 31A0-31BF Brah 11000-1107F Bugi 1A00-1A1F Buhd 1740-1753
Cakm 11100-11147 Cans 1400-167F 18B0-18F5 11AB0-11ABF Cari 102A0-102D0 Cham AA00-AA5F
Cher 13A0-13FD AB70-ABBF Chrs 10FB0-10FCB Copt 3E2-3EF 2C80-2CFF Cpmn 12F90-12FF2 Cprt 10800-1083F
Diak 11900-11959 Dogr 11800-1183B Dsrt 10400-1044F Dupl 1BC00-1BC9F Egyp 13000-143FA
Elba 10500-10527 Elym 10FE0-10FF6 Gara 10D40-10D8F Glag 2C00-2C5F 1E000-1E02A Gong 11D60-11DA9
Gonm 11D00-11D59 Goth 10330-1034A Gran 11300-11339 1133C-11374 Gukh 16100-16139 Hano 1720-1734
Hatr 108E0-108FF Hluw 14400-14646 Hmng 16B00-16B8F Hmnp 1E100-1E14F Hung 10C80-10CFF
Ital 10300-1032F Java A980-A9CD A9D0-A9DF Jurc 18E00-191D2 Kali A900-A92D A92F-A92F
Kawi 11F00-11F5A Khar 10A00-10A58 Khoj 11200-11241 Kits 16FE4-16FE4 18B00-18CFF Krai 16D40-16D79
Kthi 11080-110CD Lana 1A20-1AAD Lepc 1C00-1C4F Limb 1900-194F Lina 10600-10767 Linb 10000-100FA
Lisu A4D0-A4FF 11FB0-11FB0 Lyci 10280-1029C Lydi 10920-1093F Mahj 11150-11176 Maka 11EE0-11EF8
Mand 840-85E Mani 10AC0-10AF6 Marc 11C70-11CB6 Medf 16E40-16E9A Mend 1E800-1E8D6 Merc 109A0-109FF
Mero 10980-1099F Modi 11600-11659 Mong 1800-1801 1804-1804 1806-18AA 11660-1166C Mroo 16A40-16A6F
Mtei AAE0-AAF6 ABC0-ABF9 Mult 11280-112A9 Nagm 1E4D0-1E4F9 Nand 119A0-119E4 Narb 10A80-10A9F
Nbat 10880-108AF Newa 11400-11461 Nkoo 7C0-7FF Nshu 16FE1-16FE1 1B170-1B2FB Ogam 1680-169C
Olck 1C50-1C7F Onao 1E5D0-1E5FF Orkh 10C00-10C48 Osge 104B0-104FB Osma 10480-104A9
Ougr 10F70-10F89 Palm 10860-1087F Pauc 11AC0-11AF8 Pcun 125A8-1264B Perm 10350-1037A
Phag A840-A877 Phli 10B60-10B7F Phlp 10B80-10BAF Phnx 10900-1091F Plrd 16F00-16F9F
Prti 10B40-10B5F Rjng A930-A95F Rohg 10D00-10D39 Runr 16A0-16EA 16EE-16F8 Samr 800-83E
Sarb 10A60-10A7F Saur A880-A8D9 Seal 3D000-3FC3F Sgnw 1D800-1DAAF Shaw 10450-1047F
Shrd 11180-111DF 11B60-11B67 Sidd 11580-115DD Sidt 10940-10959 Sind 112B0-112F9 Sogd 10F30-10F59
Sogo 10F00-10F27 Sora 110D0-110F9 Soyo 11A50-11AA2 Sund 1B80-1BBF 1CC0-1CC7 Sunu 11BC0-11BF9
Sylo A800-A82C Syrc 700-74F 860-86A Tagb 1760-1773 Takr 11680-116C9 Tale 1950-1974 Talu 1980-19DF
Tang 16FE0-16FE0 17000-18AFF 18D00-18DF2 Tavt AA80-AADF Tayo 1E6C0-1E6FF Tfng 2D30-2D7F
Tglg 1700-171F Thaa 780-7B1 Tirh 11480-114D9 Tnsa 16A70-16AC9 Todr 105C0-105F3 Tols 11DB0-11DE9
Toto 1E290-1E2AE Tutg 11380-113E2 Ugar 10380-1039F Vaii A500-A62B Vith 10570-105BC
Wara 118A0-118FF Wcho 1E2C0-1E2FF Xpeo 103A0-103D5 Xsux 12000-125A7 1264C-12686 Yezi 10E80-10EB1
Yiii A000-A4C6 Zanb 11A00-11A47
"""
"""Codes, each before the first and the last code point of its ranges."""


def _parsed(table: str) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    code = ""
    for word in table.split():
        first, _, last = word.partition("-")
        if last:
            found[code] += ((int(first, 16), int(last, 16) + 1),)
        else:
            code = word
            found[code] = ()
    return found


SCRIPT_RANGES: Mapping[str, tuple[tuple[int, int], ...]] = _WIDE | _parsed(_OTHERS)
"""ISO 15924 code to half-open ranges of its letters and marks."""

SCRIPTS = ("Zyyy", *SCRIPT_RANGES)
"""The scripts that are told apart; `Zyyy` stands for letters of all others."""

WRITING: Mapping[str, tuple[str, ...]] = {
    "Jpan": ("Hira", "Kana", "Hani"),
    "Kore": ("Hang", "Hani"),
    "Hans": ("Hani",),
    "Hant": ("Hani",),
}
"""ISO 15924 codes that stand for several scripts, with the telling ones before `Hani`."""


def written_in(script: str) -> tuple[str, ...]:
    """The scripts that a code stands for; none for no code.

    >>> written_in("Kore"), written_in("Olck"), written_in("")
    (('Hang', 'Hani'), ('Olck',), ())
    """
    return WRITING.get(script, (script,) if script else ())
