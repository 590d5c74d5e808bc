"""The lists that come with the package: what they find, and above all what they must not."""

import tomllib

import pytest

from auroram.corpus.harm_lists import (
    CATEGORIES,
    TERMS,
    WORDS,
    built_in_lists,
    identity_terms,
    read_words,
    words_of_lists,
)
from auroram.errors import DataError

LANGUAGES = ("en", "fi", "hi", "ja", "vi")

TRAPS = {
    "en": (
        "Scunthorpe and Penistone are towns in England.",
        "The cocktail bar serves cockles and peacock pie.",
        "She passed the class with a password for the assassin's assistant.",
        "He graduated magna cum laude from Sussex and Essex.",
        "Great tits and blue tits eat shiitake and titmouse seeds.",
        "The analysis of the analogue canal was done by an analyst.",
        "Dickens wrote and Dick Turpin rode; Moby Dick is a whale.",
        "A document about cumulative cucumbers and accumulated circumstances.",
        "A raccoon and a Maine coon sat in a cocoon of tycoons.",
        "They tried to nip it in the bud; a chink in the armour.",
        "Therapist, grape, drape and scrape; the country is bassoon territory.",
        "The fire retardant on the snigger of a niggardly miser from Niger and Nigeria.",
        "Hancock and Hitchcock shot a scene in Arsenal, Matsushita and Mishit.",
    ),
    "fi": (
        "Jaakko Hintikka oli suomalainen filosofi.",
        "Vitus Bering purjehti Beringinsalmen halki.",
        "Persefone ja perseidit näkyvät Persepoliin.",
        "Homogeeninen aine ja homonyymi ovat eri asioita.",
        "Hurrikaani iski rannikolle ja hurrasimme hurrikaanin väistyttyä.",
        "Kullitar kultaa kullan ja kullero kukkii kullanvärisenä.",
        "Transuraani ja transubstantiaatio ovat vaikeita sanoja.",
        "Matutiini ja matula ovat vanhoja sanoja, matkatunneli ei ole.",
        "Mannerheim asui mantereella, mannerjalustan lähellä.",
        "Pascalin kolmio ja Paskalampi ovat kartalla.",
        "Sekstantti ja sekstetti soivat sekunnissa.",
        "Tissaus ja tussari: ostin tussin ja tusseja.",
        "Pornaisten kunta sijaitsee Uudellamaalla.",
        "Pornografian tutkimus on tiedettä.",
    ),
    "hi": (
        "चुटकी भर नमक और चुनाव की चर्चा।",
        "लंदन में लंबी सड़कें और लंगर हैं।",
        "गांधी जी गांव और गांठ की बात करते थे।",
        "बुरा मत मानो, बुर्का और बुरांश।",
        "चूना और चूल्हा चाहिए।",
        "रंगीन रंगोली और रंदा बढ़ई का औज़ार है।",
        "मुल्क के मुल्लापेरियार बांध का पानी।",
        "छक्का मारकर भारत ने मैच जीता; छक्के और चौके लगे।",
        "हरा रंग, हराम और हरमीत सिंह।",
        "लौटा हुआ लौकी का हलवा और लौंग।",
        "कुतुब मीनार और कुतूहल।",
        "झांसी की रानी और झांकी।",
        "चोट लगी तो चोटी पर चोर मिला।",
    ),
    "ja": (
        "パチンコ店の隣でピエロがエロイカを聴く。",
        "支援交付金と災害支援交流会のお知らせ。",
        "海外人材の採用と県外人口の推移。",
        "年中出しっぱなしのこたつ。",
        "ちびっこ相撲大会とちびっこ広場。",
        "ページがめくられて、めくらないままの本。",
        "朝鮮人参と在日朝鮮人の歴史。",
        "フェラーリに乗ってフェラガモを買う。",
        "どうぞおかまいなく。",
        "ホモサピエンスとホモ・エレクトスの化石。",
        "死ねばもろとも、死ねない理由。",
        "天てきもいいし、けしきもいい。",
        "ファックスを送り、デブリを片付け、ブスバーを交換する。",
        "モーツァルトのクンニグンデ、チョンボとビッチュー。",
        "商売女性起業家と販売女性スタッフ。",
        "印度支那と東支那海の地図。",
        "クズ鉄と金属クズと木クズを集める。",
    ),
    "vi": (
        "Đu đủ chín và con đường đá đẹp.",
        "Hoa dâm bụt nở trước nhà; cây cứt lợn mọc ven đường.",
        "Quả óc chó và dầu hạt óc chó rất bổ.",
        "Lớn lên em lộn xộn với cái lọn tóc và lon nước.",
        "Các cắc bạc và cạc mạng; cái cắp sách.",
        "Buổi sáng bùi ngùi, bưởi và buổi chiều.",
        "Làm lại cái này rồi xem lại cái kia.",
        "Bán đồ chó mèo và trả đồ mọi người gửi.",
        "Ba tàu chiến cập cảng, ba que diêm trên bàn.",
        "Đèo Hải Vân, đeo kính và đèo dốc.",
        "Đít nồi, địa chỉ, đìu hiu, địch thủ.",
        "Bình luận làm tình hình xấu đi; toa chở súc vật.",
        "Hệ thống hi-fi và cây ô môi ở miền Tây.",
        "Thằng bé đen nhẻm cười; bọn trẻ mọi nhà vui chơi.",
        "Giáo dục giới tính và chống quấy rối tình dục.",
    ),
}  # fmt: skip
"""Harmless sentences whose words hold or resemble a listed one."""

FOUND = {
    "en": ("what a load of Bullshit, you DICKHEADS", "profanity", 2),
    "fi": ("Haista vittu, senkin kusipäät!", "profanity", 2),
    "hi": ("साला हरामी, कमीना कहीं का।", "profanity", 2),
    "ja": ("このクソ野郎、くたばれ!", "profanity", 2),
    "vi": ("Đồ khốn nạn, câm mồm!", "profanity", 2),
}


def counted(language, text):
    return read_words(WORDS / f"{language}.toml").lexicon().hits([text]).counts[0].tolist()


def test_all_languages_of_the_issue_have_a_list():
    assert built_in_lists() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_has_words_of_every_category_and_severity_and_says_its_licence(language):
    words = read_words(WORDS / f"{language}.toml")
    assert words.licence == "Apache-2.0" and words.language == language
    assert {(g.category, g.severity) for g in words.groups if len(g.entries) >= 10} == {
        (category, severity) for category in CATEGORIES for severity in (1, 2, 3)
    }


@pytest.mark.parametrize("folder", [WORDS, TERMS])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_says_that_nobody_has_reviewed_it(folder, language):
    table = tomllib.loads((folder / f"{language}.toml").read_text())
    assert table["reviewed"] is False and table["review_note"]


@pytest.mark.parametrize(("language", "text"), [(k, t) for k, v in TRAPS.items() for t in v])
def test_a_benign_trap_is_not_found(language, text):
    assert counted(language, text) == [0, 0, 0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_listed_words_are_found(language):
    text, category, times = FOUND[language]
    assert counted(language, text)[CATEGORIES.index(category)] == times


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_listed_word_is_found_when_it_stands_alone(language):
    words = read_words(WORDS / f"{language}.toml")
    entries = [e.strip("*") for group in words.groups for e in group.entries]
    found = words.lexicon(lowest_severity=1).hits(entries).counts.sum(axis=1)
    assert [entry for entry, n in zip(entries, found, strict=True) if n == 0] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_identity_term_is_a_counted_word(language):
    words = read_words(WORDS / f"{language}.toml").lexicon()
    table = tomllib.loads((TERMS / f"{language}.toml").read_text())
    groups = [group for group in table.values() if isinstance(group, dict)]
    forms = [form.strip("*") for group in groups for term in group.values() for form in term]
    assert words.hits(forms).counts.sum() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_twenty_terms_and_more_of_five_kinds(language):
    terms = identity_terms(language)
    assert len(terms.terms) >= 20
    assert set(terms.groups) == {"gender", "orientation", "religion", "origin", "disability"}


def test_a_language_without_terms_has_none():
    assert identity_terms("de").terms == ()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read"), ("language = 'de'", "no identity terms"), ("[a]\nb = 3", "mend it")],
)
def test_a_file_of_terms_that_is_none_is_refused(tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "de.toml").write_text(content)
    with pytest.raises(DataError, match=sentence):
        identity_terms("de", tmp_path / "de.toml")


def test_clinical_words_count_only_when_asked_for():
    words = read_words(WORDS / "en.toml")
    texts = ["Sexual health and the anatomy of the penis."]
    counts = [words.lexicon(severity).hits(texts).counts[0, 0] for severity in (2, 1)]
    assert counts == [0, 2]


def test_lists_of_ones_own_are_joined(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(
        'language = "en"\nlicence = "MIT"\n[[words]]\ncategory = "slur"\nseverity = 3\n'
        'entries = ["frobnicator*", "COCK"]\n'
    )
    both = words_of_lists([WORDS / "en.toml", own])
    assert both.lexicon().hits(["frobnicators, you cock"]).counts[0].tolist() == [1, 0, 1]
    assert both.licence == "Apache-2.0 AND MIT"


def word_list(category="slur", severity=1, entries="[]"):
    words = f'category = "{category}"\nseverity = {severity}\nentries = {entries}\n'
    return 'language = "en"\nlicence = "MIT"\n[[words]]\n' + words


@pytest.mark.parametrize(
    "text",
    [
        "x",
        'language = "en"',
        word_list(category="rude"),
        word_list(severity=9),
        word_list(entries=3),
        word_list(entries='[""]'),
        word_list(entries="[1]"),
    ],
)
def test_a_wrong_list_is_one_sentence(tmp_path, text):
    (tmp_path / "list.toml").write_text(text)
    with pytest.raises(DataError, match=r"list\.toml"):
        read_words(tmp_path / "list.toml")
