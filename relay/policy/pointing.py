"""How twelve languages point at a message and at what stands in it or beside it, and say how it is to be treated: words by their sorts.

Labels without a name (`colours`) are judged by them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from relay.policy.shape import fold, shape

# amber, red: the colours; point: words that point at something here; noun: what a message is and consists of; all: both in one; mark: to treat as, to be of
# a level; is: nothing where none is needed; then: what may stand behind a colour that describes no thing;
# keep: how such things are to be kept. * is any ending.
_WORDS = {
    "en": """
amber: amber
red: red
point: this, last, first, second, in here, these, my, our, whole, below, above, attached, enclosed, enclose, following, hereunder, herewith, in brackets, annexed
noun: e-mail, email, mail, message, note, report, document, information, letter, post, alert, text, thread, paragraph, section, contents, content, names, details, data, intelligence, spreadsheet, annex, attachment, statement, list, column, figures, numbers, page
all: what follows, from here on, everything below, everything above, everything under, all of the above, all of this, what i write
mark: code, treat, treated, handle, handled, consider, considered, regard, regarded, classified, classify, graded, grade, rated, marked, mark, labelled, labeled, designated, level, status, marking, receive, keep, kept, as, colour, color
is: is, are, be, was, were, remains, remain, stays
then: and, so, hence, only, for, please, applies, level, until, by, under, which, because, since, unless, to, not, or, but, as, information, marking, status, material, need
keep: nobody else, no one else, not a word, between us, your eyes, your own, not to be, do not forward, don't forward, do not share, don't share, do not pass, don't pass, do not copy, don't copy, not leave, must not, may not, stays with, keep it, only you, only for, need to know, as agreed
""",
    "fr": """
amber: ambre, amber
red: rouge, rouges, red
point: ce, cet, cette, ces, mon, ma, notre, nos, présent, présente, ci-dessous, ci-dessus, ci-joint*, ci-après, joint, jointe, joints, suivant*, suivent, suit, en annexe, en pièce jointe, entre parenthèses
noun: courriel, mail, message, note, rapport, document, information*, renseignement*, lettre, texte, paragraphe, contenu, noms, données, détails, annexe*, fichier, pièce*, liste, colonne, page, chiffres
all: ce qui suit, ce qui précède, à partir d ici, tout ce qui suit, tout ce qui figure, tout ce qui est, l ensemble de ce
mark: traiter, traitez, considérer, considérez, considéré*, classer, classé*, marqué*, niveau, relève*, attribué*, degré, recevez, comme, statut, parvenu*, mention, marquage, coté*
is: est, sont, soit, reste*, demeure*, était, étaient
then: et, donc, à, pour, seulement, uniquement, merci, prière, s applique, jusqu, selon, par, car, sauf, ne, mais, comme, le, de, besoin
keep: pas un mot, ne doit pas, ne doivent pas, ne pas diffuser, ne pas transférer, entre nous, à personne, seulement pour, réservé*, ne quitte, ne sort pas, usage interne, strictement, besoin d'en connaître, uniquement
""",
    "es": """
amber: ámbar, amber
red: rojo, roja, rojos, rojas, red
point: este, esta, estos, estas, mi, nuestro, nuestra, presente, abajo, arriba, debajo, anterior, adjunt*, anex*, siguiente*, sigue, continuación, entre paréntesis, acompaño, les mando, les envío
noun: correo, mensaje, nota, informe, documento, información, informaciones, carta, texto, párrafo, contenido, nombres, datos, detalles, archivo, excel, lista, columna, página, cifras, anexo
all: lo que sigue, todo lo que está, todo lo anterior, todo lo de abajo, a partir de aquí, lo anterior
mark: tratar*, traten, trate, considerar, consideren, considere, considerad*, clasificad*, clasificó, marc*, nivel, calidad de, asignó, grado, como, reciben, carácter, clasificación, código
is: es, son, sea, sigue siendo, queda, quedan, era, está en, están en, llegó en
then: y, o sea, así que, para, solo, sólo, solamente, por favor, hasta, según, por, porque, salvo, no, pero, a, del, de, el, la
keep: a nadie, entre nosotros, no debe, no deben, no salga*, no sale, solo para, sólo para, uso exclusivo, nada más, no reenv*, no compart*, no copi*, para uso de, necesidad de conocer*
""",
    "pt": """
amber: âmbar, amber
red: vermelho, vermelha, vermelhos, vermelhas, red
point: este, esta, estes, estas, meu, minha, nosso, nossa, presente, abaixo, acima, anex*, seguinte*, segue, seguem, entre parênteses, junto
noun: e-mail, email, correio, mensagem, nota, relatório, documento, informação, informações, carta, texto, parágrafo, conteúdo, nomes, dados, detalhes, ficheiro, planilha, lista, coluna, página, números, anexo
all: o que segue, o que se segue, tudo o que está, tudo o que consta, daqui em diante, a partir daqui, o que está acima
mark: tratar, tratem, trate, considerar, considerem, considere, considerad*, classificad*, marc*, nível, carácter, condição de, atribuiu, grau, como, recebem, caráter, classificação, código
is: é, são, seja, permanece, continua, fica, era, está em, estão em, chegou-nos em, chegou em
then: e, ou seja, portanto, para, só, apenas, somente, por favor, até, segundo, por, porque, salvo, não, mas, às, aos, do, da, o, a
keep: a ninguém, entre nós, não deve, não devem, não mostrem, não sai*, só para, apenas para, uso exclusivo, não reencaminh*, não partilh*, não compartilh*, restrit*, necessidade de conhecer
""",
    "de": """
amber: amber, bernstein
red: rot, rote, roten, roter, rotes, red
point: diese, dieser, dieses, diesen, meine, meiner, meines, unsere, unser, unten, oben, obige*, anbei, beiliegend*, angehängte*, beigefügte*, folgende*, nachstehend*, nachfolgend*, in klammern, liegt bei
noun: mail, e-mail, nachricht, vermerk, bericht, dokument, information, informationen, erkenntnisse, schreiben, text, absatz, inhalt, namen, angaben, daten, datei, anlage*, anhang*, notiz, excel-datei, *liste, spalte, seite, zahlen
all: ab hier, alles unterhalb, alles unten, alles folgende, das folgende, alles oben
mark: behandeln, behandelt, betrachten, betrachtet, eingestuft, einstufen, gekennzeichnet, markiert, stufe, einstufung, bewertet, als, kennzeichnung, versehen
is: ist, sind, sei, bleibt, bleiben, war, waren, gilt als, gelten als, kam
then: und, also, daher, nur, für, bitte, gilt, bis, nach, von, weil, da, ausser, nicht, aber, zu, eingestuft, betrachten, behandeln, gekennzeichnet, markiert, bei, einstufung, kennzeichnung, stufe, behandelt, betrachtet, versehen
keep: niemand*, unter uns, nicht weiter*, nicht ans, nicht an, kein wort, nur für, bleibt bei, nicht kopieren, nicht drucken, vertraulich, kenntnisbedarf, bis auf weiteres
""",
    "nl": """
amber: amber
red: rood, rode, red
point: deze, dit, mijn, ons, onze, hieronder, hierboven, onderstaande, bovenstaande, bijgevoegde, bijgaande, volgende, in de bijlage, tussen haakjes, zit erbij
noun: mail, e-mail, bericht, notitie, rapport, document, informatie, brief, tekst, alinea, inhoud, namen, gegevens, bestand, bijlage, excelbestand, *lijst, kolom, pagina, cijfers
all: vanaf hier, alles onder, alles hieronder, alles hierboven, wat volgt, het onderstaande, al het bovenstaande
mark: behandelen, behandel, beschouwen, beschouw, gerubriceerd, geclassificeerd, gemarkeerd, gemerkt, niveau, rubricering, status, als, ontvangt, aangemerkt, markering
is: is, zijn, blijft, blijven, was, waren, geldt als, kwam
then: en, dus, daarom, alleen, voor, graag, geldt, tot, volgens, van, omdat, tenzij, niet, maar, te, gerubriceerd, beschouwen, behandelen, gemarkeerd, binnen, worden, wordt, behandeld, beschouwd, aangemerkt, markering, rubricering
keep: niemand, onder ons, niet door*, niet delen, geen woord, alleen voor, blijft bij, niet kopiëren, niet beantwoorden, vertrouwelijk, need to know
""",
    "ru": """
amber: янтарный, янтарная, янтарное, янтарные, янтарным, янтарной, янтарному, янтарного, янтарь, amber
red: красный, красная, красное, красные, красным, красной, красному, красного, red
point: это, этому, этим, этот, эта, эти, этого, этой, этих, данный, данное, данного, данной, данному, мой, моя, мое, наш, наша, наше, ниже, выше, нижеследующ*, вышеизложенн*, изложенн*, приложенн*, прилагаем*, прилагаю, следующ*, в скобках, во вложении, направляю
noun: письмо, письма, письму, сообщение, сообщения, записка, справка, отчет, отчета, документ, документа, документу, информация, информации, сведения, текст, абзац, содержание, имена, фамилии, данные, файл, файле, приложение, вложение, список, столбец, страница, снимок
all: все нижеследующее, все вышеизложенное, все что ниже, все что выше, далее, отсюда и ниже, изложенное выше, коллеги это
mark: считать, считайте, рассматривать, обращаться, отнесен*, присвоен*, присвоили, помечен*, уровень, уровня, уровнем, гриф, метка, меткой, статус, как, категория, под
is: это, является, остается, остаются, кстати, имеет
then: и, поэтому, только, для, прошу, просьба, уровень, уровня, до, по, от, так как, не, но, строго, а, меткой, поставлен
keep: никому, между нами, не пересыл*, не копи*, копий, только для, не для, не распростран*, удалили, удалите, под прикрытием
""",
    "ar": """
amber: كهرماني, كهرمانية, الكهرماني, بالكهرماني, amber
red: أحمر, حمراء, الأحمر, بالأحمر, red
point: هذه, هذا, هذي, أدناه, أعلاه, مرفق, المرفق, المرفقة, أرفق, التالي, التالية, ما يلي, تقريرنا, رسالتي, بين قوسين, الأخيرة, رفقته
noun: رسالتي, الرسالة, البريد, المذكرة, التقرير, الوثيقة, المعلومات, معلومات, النص, الفقرة, المحتوى, الأسماء, البيانات, الملف, الكلام, الوثائق
all: كل ما ورد, جميع ما ورد, كل ما يلي, ما يلي, كل ما سبق, من هنا
mark: مصنفة, مصنف, تصنيف, التصنيف, صنفت, اعتبار, اعتبروا, تعامل, التعامل, عاملوا, مستوى, بمستوى, درجة, اللون, باللون, درجته, بعلامة, كأنها
is: هي, هو, تبقى, يبقى
then: و, لذلك, فقط, حسب, وفق, بعد, حتى, ما لم, يا, لا, فلا, فالرجاء, والرجاء, إلى, من, التصنيف, لو, ولا, وهي
keep: لا يغادر, ولا يحفظ, لأحد, لأي أحد, بيننا, لا تنشر*, لا يجوز, لاستعمال, احذفوها, لا تعيدوا
""",
    "zh": """
amber: 琥珀色, 琥珀级, 琥珀, amber
red: 红色级别, 红色, 红级, red
point: 最后, 本, 此, 这, 以上, 以下, 上述, 下述, 附件, 附上, 随信, 我方, 括号
noun: 附件, 邮件, 信, 消息, 报告, 文件, 信息, 内容, 文本, 段, 名单, 姓名, 资料, 数据
all: 以上内容, 以下内容, 这个是, 这封信, 我写的, 刚才写的, 本文件, 本信息
mark: 算, 按, 视为, 当作, 定为, 标为, 列为, 级别, 密级, 等级, 适用, 以, 作为
is: 是, 为, 属, 均为, 仍是, 属于
then: 级, 的, 级别, 请, 只, 仅, 不, 处理, 对待, 看待
keep: 切勿, 请勿, 不要, 仅限, 只限, 保密, 不得, 知道就行
""",
    "vi": """
amber: hổ phách, amber
red: màu đỏ, red
point: này, dưới đây, trên đây, ở trên, phía trên, phần trên, phần dưới, đính kèm, gửi kèm, kèm theo, sau đây, bên dưới, trong ngoặc
noun: thư, email, báo cáo, văn bản, thông tin, tài liệu, đoạn, nội dung, dữ liệu, tệp
all: toàn bộ phần trên, toàn bộ phần dưới, từ đây trở xuống, tất cả những gì
mark: coi, xem, xử lý, xếp, mức, đánh dấu, đóng dấu, như, phân loại
is: ở mức, thuộc mức, vẫn là, là mức
then: và, nên, chỉ, cho, xin, mong, đến, theo, vì, trừ, không, đừng, nhưng
keep: đừng, không được, chỉ dành, giữa chúng ta, đọc rồi thôi, xóa, chỉ cho, mật phục
""",
    "sw": """
amber: amber, kaharabu
red: nyekundu, red
point: hii, huu, hizi, haya, hiki, yangu, yetu, wetu, hapo juu, hapa chini, hapo chini, iliyoambatishwa, kiambatisho, yafuatayo, ifuatayo, kwenye mabano, niliyoandika, ya mwisho, niliyoiambatisha
noun: barua, barua pepe, ujumbe, taarifa, ripoti, hati, waraka, habari, maandishi, aya, maudhui, majina, takwimu, faili, jedwali, ramani, orodha
all: yote niliyoandika, yote yaliyo, kuanzia hapa, yafuatayo, yote ya juu
mark: ichukuliwe, chukulieni, ichukulieni, kiwango, daraja, imewekwa, tumeuweka, alama, kama, ngazi, ihesabiwe kuwa, ya
is: ni, iko
then: na, hivyo, kwa, tu, tafadhali, msi*, usi*, mpaka, kulingana, ila, lakini, isi*
keep: msi*, usi*, isi*, wanaohitaji, pekee, siri, kwa heshima
""",
    "id": """
amber: amber, kuning tua
red: merah, red
point: ini, kami, saya, di bawah, di atas, terlampir, lampiran, berikut, dalam kurung
noun: surat, surel, email, pesan, catatan, laporan, dokumen, informasi, teks, paragraf, isi, nama, data, berkas, fotonya, tabel
all: semua yang tertulis, semua yang di, mulai dari sini, hal berikut
mark: anggap, dianggap, perlakukan, diperlakukan, tingkat, tingkatan, level, ditandai, tetapkan, ditetapkan, sebagai, kategori, status
is: adalah, bersifat, tetap, masih
then: dan, jadi, hanya, untuk, tolong, mohon, sampai, menurut, karena, kecuali, tidak, jangan, tapi
keep: jangan, hanya untuk, hanya antara, rahasia, tidak boleh, hanya bagi
""",
}  # fmt: skip
COLOURS = ("amber", "red")
# A letter or digit, but of Chinese: what may not stand right beside a word.
_BOUND = r"[^\W\u3040-\u9fff]"
_NOTHING_BETWEEN = frozenset({"ru", "ar", "zh", "vi", "id"})  # where what something is may stand beside it


@dataclass(frozen=True, slots=True)
class Pointing:
    """The words of one language: a pattern for each sort, over folded texts."""

    sorts: Mapping[str, re.Pattern[str]]
    is_english: bool
    nothing_between: bool

    def has(self, sort: str, text: str) -> bool:
        """Whether a folded text has a word of this sort."""
        return self.sorts[sort].search(text) is not None

    def colour(self, word: str) -> str | None:
        """Which of COLOURS a folded word is."""
        return next((one for one in COLOURS if self.sorts[one].fullmatch(word)), None)


@cache
def pointing() -> tuple[Pointing, ...]:
    """All languages, made when the first of them is asked for."""
    return tuple(
        Pointing(
            sorts={sort: _pattern(words, is_spaced=name != "zh") for sort, words in _read(table).items()},
            is_english=name == "en",
            nothing_between=name in _NOTHING_BETWEEN,
        )
        for name, table in _WORDS.items()
    )


@cache
def colour_words() -> tuple[re.Pattern[str], ...]:
    """What finds colours of all languages, a pattern for each first letter: a search for a letter only tries where it stands."""
    by_first: dict[str, set[str]] = {}
    for table in map(_read, _WORDS.values()):
        for word in (fold(shape(one)) for colour in COLOURS for one in table[colour]):
            by_first.setdefault(word[0], set()).add(word[1:])
    return tuple(
        re.compile(
            f"{first}(?<!{_BOUND}{first})(?:{'|'.join(sorted(map(re.escape, rest), key=len, reverse=True))})(?!{_BOUND})"
        )
        for first, rest in by_first.items()
    )


def _read(table: str) -> dict[str, list[str]]:
    lines = (line.partition(": ") for line in table.strip().splitlines())
    return {sort: words.split(", ") for sort, _, words in lines}


def _pattern(words: Iterable[str], *, is_spaced: bool) -> re.Pattern[str]:
    ordered = sorted({fold(shape(word)) for word in words}, key=lambda word: (-len(word), word))
    some = "|".join(
        re.escape(word).replace(r"\*", r"\w*").replace("'", "['’]").replace(r"\ ", r"[\s'’]+") for word in ordered
    )
    return re.compile(rf"(?<!{_BOUND})(?:{some})(?!{_BOUND})" if is_spaced else some)
