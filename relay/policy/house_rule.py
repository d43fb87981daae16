"""A sentence made of nothing but the words in which people tell where things may be sent: talk about markings, in twelve languages.

Every word of the sentence beside the label has to be known: one more, and it tells something else, perhaps of this very message.
Longer than other modules: the words of all languages stand here, beside the grammar that they belong to.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain

from relay.policy.shape import fold, shape

# No word points at a message ("diese Nachricht", "anbei"), and none says that something is so: those are about this message.
_WORDS = {
    "en": """
not: not, never, no, nothing, don't, don t, doesn't, doesn t, cannot, can't, can t
send: send, sent, post, posted, submit, submitted, put, mail, mailed, e-mail, upload, uploaded, share, shared, forward, forwarded, circulate, circulated
go: goes, go, belongs, belong, travels, travel
must: must, should, shall, may, has to, have to, needs to
please: please
here: this list, the list, here, this group, this forum, this mailing list, lists like this
other: another channel, other channel, a secure channel, national contact point, national contact points, national central bureau, secure channel
if: if, when, whenever, unless
is: is, are
it: it, they, them
mean: mean, means, difference
where: where
ask: what, what's, what s, which
rest: to, on, over, through, by, via, in, at, with, or, and, nor, but, instead, always, only, ever, information, material, documents, messages, data, things, anything, something, everything,
  all, everybody, everyone, colleagues, friends, dear, thanks, thank you, reminder, rule, marked, labelled, higher, above, stricter, or higher, and above, and higher, we, you,
  your, own, use, does, do, be, between, exactly, again, once more, a, an, the, that, which is, for, so, then, just, also,
  nominal, nominals, personal, names
""",
    "fr": """
not: ne, n, pas, jamais, aucun, aucune, rien
send: envoyer, envoyez, envoyons, envoyé, envoyée, envoyées, envoyés, transmettre, transmettez, transmis, transmise, transmises, poster, postez, posté, postée, mettre, mettez, mis,
  diffuser, diffusez, diffusé, diffusée, diffusées, diffusés, publier, publiez, publié, partager, partagez, partagé, partagés, circuler, circulent,
  transmet, diffuse, envoie, poste, publie, cite, citer, citez
go: passe, passent, va, vont, relève, relèvent
must: doit, doivent, devrait, devraient, peut, peuvent, faut
please: merci de, veuillez, svp, s il vous plait, s'il vous plaît, prière de
here: cette liste, la liste, ici, ce groupe, ce forum, notre liste
other: un autre canal, autre canal, canal sécurisé, un canal sécurisé, point de contact national, bureau central national, points de contact nationaux
if: si, lorsque, quand
is: est, sont, porte, portent
mean: signifie, signifient, différence, veut dire
where: où, par où
ask: que, quelle, qu'est-ce que, qu est-ce que, qu est ce que, quel
rest: sur, par, via, dans, en, à, au, aux, de, du, des, d, l, le, la, les, un, une, ou, et, ni, mais, plutôt, toujours, seulement, uniquement, informations, information, éléments,
  documents, messages, données, contenu, contenus, tout, tous, toute, toutes, ce qui, quelque chose, chers, collègues, rappel, règle, marqué, marquée, marqués, marquées, classé, classés,
  supérieur, supérieure, au-dessus, plus, il, elle, ils, on, nous, vous, votre, utilisez, utiliser, passez, passer, être, entre, exactement, encore une fois, encore, donc, alors, aussi, y, merci, qui,
  nominatives, nominatifs, nominative, nominatif, personnelles, noms
""",
    "es": """
not: no, nunca, jamás, ningún, ninguna, nada
send: enviar, envíen, envíe, enviarse, enviado, enviada, enviados, enviadas, mandar, manden, mandarse, poner, pongan, publicar, publiquen, publicarse, subir, suban, compartir, compartan,
  difundir, difundan, difundirse, reenviar, reenvíen, circular,
  reenvía, envía, manda, publica, comparte, cita, citar, citen
go: va, van, pertenece, pertenecen, corresponde, corresponden, circula, circulan
must: debe, deben, debería, deberían, puede, pueden, hay que
please: por favor, se ruega, rogamos, favor de
here: esta lista, la lista, aquí, acá, este grupo, este foro
other: otro canal, canal seguro, un canal seguro, punto de contacto nacional, punto nacional de contacto, oficina central nacional, puntos de contacto
if: si, cuando
is: es, son, está, están, viene, vienen
it: lo
mean: significa, significan, diferencia, quiere decir
where: dónde, adónde, a dónde, por dónde
ask: qué, cuál
rest: a, al, por, vía, en, de, del, con, o, u, y, e, ni, sino, pero, siempre, solo, sólo, solamente, únicamente, información, informaciones, material, materiales, documentos, documento, mensajes,
  datos, contenido, algo, todo, todos, todas, la, los, las, el, un, una, que, estimados, colegas, gracias, muchas gracias, recordatorio, regla, norma, marcado, marcada, marcados, marcadas,
  superior, superiores, más, se, nos, su, usen, utilicen, usar, entre, exactamente, otra vez, entonces, también, ya,
  cifras, nominales, nominal, personales, nombres
""",
    "pt": """
not: não, nunca, jamais, nenhum, nenhuma, nada
send: enviar, enviem, envie, enviado, enviada, enviados, enviadas, mandar, mandem, pôr, ponham, colocar, coloquem, publicar, publiquem, partilhar, partilhem, compartilhar, compartilhem,
  divulgar, divulguem, divulgado, divulgados, reencaminhar, encaminhar, encaminhem, postar, postem, circular,
  reencaminha, envia, manda, publica, partilha, cita, citar, citado, citados
go: vai, vão, pertence, pertencem, segue, seguem, circula, circulam
must: deve, devem, deveria, deveriam, pode, podem, há que
please: por favor, favor, pedimos, solicita-se
here: esta lista, desta lista, nesta lista, a lista, aqui, cá, este grupo, neste grupo, este fórum
other: outro canal, canal seguro, um canal seguro, ponto de contacto nacional, ponto de contato nacional, ponto nacional de contacto, gabinete central nacional, gabinete nacional
if: se, quando, caso
is: é, são, está, estão, vier, for
mean: significa, significam, diferença, quer dizer
where: onde, aonde, por onde
ask: que, o que, qual
rest: a, ao, à, por, via, pelo, pela, em, no, na, nos, nas, de, do, da, com, ou, e, nem, mas, sempre, só, somente, apenas, informação, informações, material, materiais, documentos, documento,
  mensagens, dados, conteúdo, conteúdos, algo, tudo, todos, todas, o, os, as, um, uma, caros, colegas, obrigado, obrigada, lembrete, regra, norma, marcado, marcada, marcados, marcadas,
  superior, superiores, acima, mais, nos, seu, usem, utilizem, usar, ser, entre, exatamente, exactamente, outra vez, então, também, já,
  conforme, as, regras, nominais, nominal, pessoais, nomes, nem
""",
    "de": """
not: nicht, nie, niemals, kein, keine, keinen, keinerlei
send: senden, sende, sendet, gesendet, schicken, schickt, schick, geschickt, verschicken, verschickt, posten, postet, gepostet, stellen, stellt, gestellt,
  einstellen, eingestellt, teilen, geteilt, weiterleiten, weitergeleitet, hochladen, hochgeladen,
  schicke, zitieren, zitiert
go: gehen, geht, gehört, gehören, läuft, laufen
must: darf, dürfen, soll, sollen, sollte, sollten, muss, müssen
here: diese liste, dieser liste, die liste, der liste, diesen verteiler, diesem verteiler, den verteiler, dem verteiler, hier, hierher, hierhin
other: anderen kanal, anderer kanal, einen anderen kanal, sicheren kanal, nationale kontaktstelle, nationalen kontaktstelle, nationales zentralbüro, nationale zentralbüro, nzb
if: wenn, falls, sofern
is: ist, sind
it: es, das
mean: bedeutet, bedeuten, heißt, unterschied, unterschiede
where: wo, wohin
ask: was, worin, welcher
please: bitte
rest: danke, vielen dank, an, auf, in, im, zum, zur, über, per, via, mit, oder, und, sowie, sondern, stattdessen, immer, nur, ausschließlich, grundsätzlich,
  worden, werden, wird, informationen, information, inhalte, material, unterlagen, dokumente, meldungen, daten, etwas, alles, was, wer, die, der, den, man, wir, ihr, sie,
  höher, höheres, höhere, strenger, liebe, kollegen, kolleginnen, kolleg, alle, zur erinnerung, erinnerung, regel, hinweis, gekennzeichnet, markiert, eingestuft, zwischen,
  eigentlich, genau, noch, nochmal, nochmals, noch einmal, aber, also, auch, eine, einer, ein, dann, euren, eure, ihre, ihren,
  personenbezogene, personenbezogenen, namen, personendaten, nominale, nominalen
""",
    "nl": """
not: niet, nooit, geen
send: stuur, sturen, stuurt, gestuurd, verstuur, versturen, verstuurd, verzenden, verzonden, zenden, mailen, gemaild, plaatsen, plaats, geplaatst, zetten, zet, gezet,
  posten, gepost, delen, deel, gedeeld, doorsturen, doorgestuurd,
  citeren, geciteerd
go: gaat, gaan, hoort, horen, thuis, loopt, lopen
must: mag, mogen, moet, moeten, hoeft
here: deze lijst, de lijst, hier, hierheen, hierop, deze groep, de groep, dit forum, deze mailinglijst
other: nationaal contactpunt, nationale contactpunt, ander kanaal, een ander kanaal, beveiligd kanaal, nationaal centraal bureau, nationaal bureau
if: als, indien, wanneer
is: is, zijn
mean: betekent, betekenen, verschil, verschillen
where: waar, waarheen
ask: wat, welk
please: graag, alstublieft, alsjeblieft, svp, aub
rest: worden, wordt, bedankt, dank, dank u, naar, op, via, over, in, met, of, en, maar, altijd, alleen, uitsluitend, informatie, materiaal,
  stukken, documenten, berichten, gegevens, iets, alles, wat, wie, je, jullie, u, uw, het, de, er, een, hoger, hogere, strenger, collega's, collega s, beste, allen,
  iedereen, regel, herinnering, ter herinnering, gemarkeerd, gemerkt, gerubriceerd, tussen, eigenlijk, precies, nog eens, nog, dan, ook, dus, daarvoor, gebruik, gebruiken,
  naartoe, heen, persoonsgegevens, namen, nominale
""",
    "sw": """
not: usi, kamwe, hairuhusiwi, haziruhusiwi, haipaswi, hazipaswi, hayapaswi, siyo, sio, bila
ban: usitume, msitume, usiweke, msiweke, isitumwe, yasitumwe, zisitumwe, haitumwi, hazitumwi, hayatumwi, isiwekwe, haiwekwi, haipiti, hazipiti, hayapiti, tusitume
send: hutumwa, inatumwa, zinatumwa, kutumwa, kutuma, kuweka, kuwekwa, kupita
go: hupitia, inapitia, zinapitia, yanapitia, ipite, zipite, itumwe, zitumwe, yatumwe, tumeni, tuma
must: lazima, inapaswa, zinapaswa
here: orodha hii, orodha yetu, hapa, humu, kundi hili, kikundi hiki, jukwaa hili
other: njia nyingine, njia salama, kituo cha kitaifa, mratibu wa kitaifa, mratibu wa nchi, ofisi kuu ya kitaifa
if: kama, ikiwa, iwapo
is: ni, ina, zina, yana
mean: maana yake nini, inamaanisha, humaanisha, tofauti
where: wapi
ask: nini, je
please: tafadhali
rest: asante, asanteni, kwenye, kwa, katika, kupitia, au, na, ya, za, wa, la, taarifa, habari, nyaraka, chochote, yoyote, zozote, wenzangu, ndugu, wote, bali,
  badala yake, daima, tu, kumbuka, kumbukeni, kanuni, juu, zaidi, yenye, zenye, alama, kati, nini, ile, zile,
  majina, binafsi
""",
    "id": """
not: jangan, tidak, tak, dilarang, bukan
send: mengirim, mengirimkan, dikirim, dikirimkan, mengunggah, diunggah, posting, diposting, bagikan, dibagikan, taruh, ditaruh, sampaikan, disampaikan,
  sebarkan, disebarkan, teruskan, diteruskan
go: kirim, kirimkan, unggah
must: boleh, harus, wajib, bisa
here: milis ini, daftar ini, di sini, ke sini, disini, kesini, sini, grup ini, forum ini, milis, milis kita
other: narahubung nasional, titik kontak nasional, saluran lain, kanal lain, jalur lain, saluran aman, biro pusat nasional
if: kalau, jika, bila, apabila
is: adalah, ditandai, berlabel, bertanda
mean: arti, artinya, maksudnya, perbedaan, bedanya, beda
where: di mana, ke mana, dimana, kemana
ask: apa, apakah
please: mohon, harap, tolong
rest: terima kasih, trims, ke, di, melalui, lewat, via, atau, dan, selalu, hanya, saja, melainkan, tetapi, tapi, informasi, materi, dokumen, data, bahan, isi,
  apa, apa pun, apapun, rekan, rekan-rekan, para, semua, yang, ya, untuk, dengan, tanda, label, lebih tinggi, di atas, atas, ke atas, pernah, sekali lagi, ingat, aturan, sesuatu, itu, antara,
  dari, pada, gunakan, pakai, sebenarnya, lagi,
  nama, nominal, pribadi
""",
    "vi": """
not: không, đừng, chớ, cấm, không được, tuyệt đối không, xin đừng
send: gửi, đăng, đưa, chuyển, chia sẻ, tải
go: đi
must: phải, được, nên, được phép
here: danh sách này, nhóm này, vào đây, lên đây, ở đây, đây, nhóm thư này, nhóm thư, diễn đàn này, nhóm
other: đầu mối quốc gia, kênh khác, kênh bảo mật, kênh quốc gia, văn phòng trung ương quốc gia, văn phòng interpol
if: nếu, khi
is: là, có, ghi, đóng dấu
mean: nghĩa là gì, nghĩa là, nghĩa, khác nhau, khác, có nghĩa là gì
where: ở đâu, đi đâu, qua đâu, đâu
ask: gì, như thế nào
please: xin, vui lòng
rest: cảm ơn, thông tin, tài liệu, tin, dữ liệu, nội dung, lên, vào, qua, cho, đến, tới, hoặc, và, hay, mà, luôn, chỉ, các, những, mọi, bất kỳ, anh chị, mọi người, cả nhà,
  đồng nghiệp, nào, nhé, ạ, thì, hãy, trong, trên, trở lên, cao hơn, mức, mã, nhãn, gì, như thế nào, giữa, với, lại, nhắc lại, quy định, cái, thế, bao giờ, ra, của,
  danh tính, tên, cá nhân
""",
    "ru": """
not: не, ни, никогда, нельзя, запрещено, запрещается, никаких, никакие
send: отправлять, отправляем, отправляется, отправляются, посылать, слать, шлем, присылать, пересылать, направлять,
  размещать, размещайте, публиковать, публикуйте, выкладывать, выкладывайте, передавать, писать, пишем
go: отправляйте, посылайте, шлите, присылайте, пересылайте, направляйте, направляется, направляются, передавайте, передается, передаются, идет, идут, пишите
must: должны, должно, должна, нужно, надо, следует, можно
here: эту рассылку, этой рассылке, этот список, этом списке, рассылку, рассылке, сюда, здесь, тут, эту группу, этой группе
other: другой канал, другому каналу, другим каналом, защищенный канал, защищенному каналу, нцб, национальное бюро, национальное центральное бюро, национальный контактный пункт
if: если, когда
is: это, есть, имеет, стоит
mean: значит, означает, означают, разница, отличается, чем отличается
where: куда, где
ask: что, чем, какая
please: пожалуйста, просьба, прошу, просим
rest: спасибо, коллеги, уважаемые, дорогие, всем, в, на, через, по, или, и, а, но, только, всегда, вместо, информацию, информация, сведения, материалы,
  документы, данные, с, пометкой, грифом, меткой, выше, и выше, строже, что-либо, что-то, ничего, все, что, чем, между, напоминаю, напоминание, правило, еще раз, же, так, их, такое, такие, то, от, у, нас,
  именные, именных, персональные, персональных, имена, фамилии
""",
    "ar": """
not: لا, عدم, يمنع, ممنوع, ليس, أبدا
send: ترسل, ترسلوا, ترسلون, إرسال, نرسل, يرسل, ترسلها, ينشر, تنشر, تنشروا, نشر, تضعوا, توضع, وضع, تمرر, ترفع, ترفعوا, رفع, تعمموا
go: تمر, يمر, تذهب, يذهب, أرسلوا, أرسلوها
must: يجب, يجوز, ينبغي, يسمح, يمكن
here: هذه القائمة, القائمة, هنا, هذه المجموعة, المجموعة, لهذه القائمة, بهذه القائمة, قائمتنا
other: نقطة الاتصال الوطنية, المكتب المركزي الوطني, قناة أخرى, القناة الوطنية, قناة آمنة, سينكوم
if: إذا, متى, حين
is: كان, كانت, يحمل, تحمل, هو, هي
mean: معنى, تعني, يعني, الفرق, المقصود
where: أين
ask: ما, ماذا
please: رجاء, الرجاء, نرجو, يرجى, من فضلكم
rest: شكرا, إلى, على, في, عبر, من, خلال, أو, و, بل, أي, أية, معلومات, المعلومات, مواد, المواد, وثائق, الوثائق, دائما, فقط, الزملاء, الأعزاء, زملائي,
  بيانات, البيانات, ما, ماذا, بين, تذكير, قاعدة, فما فوق, أعلى, فأعلى, شيء, كل, بعلامة, علامة, مصنفة, بتصنيف,
  اسمية, الاسمية, شخصية, الشخصية, أسماء, الأسماء
""",
    "zh": """
not: 请勿, 不要, 不得, 禁止, 切勿, 严禁, 不可, 不能, 不应, 不许, 勿, 别, 不
send: 发送, 发到, 发至, 发往, 发布, 上传, 转发, 转到, 发, 传, 贴
go: 走
must: 应, 应当, 必须, 只能, 一律, 须, 可以, 可
here: 本邮件组, 邮件组, 本组, 本列表, 邮件列表, 列表, 本群, 群里, 此处, 这里, 这个列表, 这个群, 此列表, 组里
other: 国家联络点, 国家中心局, 其他渠道, 另一渠道, 安全渠道, 专用渠道, 联络点
if: 如果, 如, 若, 凡, 凡是
is: 是, 属, 属于, 标有, 标为, 标注
mean: 是什么意思, 什么意思, 含义, 区别, 意味着
where: 哪里, 哪儿, 何处
ask: 什么, 吗
please: 请
rest: 谢谢, 各位, 同事, 同事们, 向, 在, 到, 把, 将, 至, 往, 中, 上, 内, 里, 或, 和, 及, 与, 等, 信息, 资料, 内容, 文件, 材料, 邮件, 东西, 的, 而, 改, 用, 通过, 以上, 任何, 级, 级别, 标记, 再次, 提醒, 规定, 都, 也, 只, 您, 大家, 之间, 有什么, 什么, 一下, 经,
  个人, 人员, 姓名, 数据
""",
}
_CHANNELS = "cencomm, i-24/7, i24/7, siena, ecomessage, e-comessage, interpol, ncb, bcn, carin"
_LABELS = (
    "tlp, amber, red, green, clear, white, strict, ambre, rouge, gelb, rot, grün, rood, groen, merah, kuning, hijau, đỏ, vàng, xanh, красный, желтый, "
    "зеленый, أحمر, كهرماني, أخضر, 红, 琥珀, 绿, 红色, 琥珀色, 绿色"
)
_LONGEST = 300  # characters of a sentence that is looked at
_LETTER = re.compile(r"[^\W_]")
_SET_OFF = re.compile(r"\s*[,;:()\[\]–—-]")
_LISTED = re.compile(r"^[\s>]*\(?\d{1,2}[.)]\s")
_ASKING = ("?", "？", "؟")
_YES = re.compile(r"(?<!\w)si(?=\s*[,:;.!])")  # "sí" and "if" are one where accents are gone
_SIGN = re.compile(r"[^\w\s'’-]|\s-")


@dataclass(frozen=True, slots=True)
class _Language:
    """How one language says such rules: all its words, and those of each sort that tells something."""

    words: re.Pattern[str]
    sorts: Mapping[str, re.Pattern[str]]

    def has(self, sort: str, sentence: str) -> bool:
        return sort in self.sorts and self.sorts[sort].search(sentence) is not None

    def tells(self, before: str, after: str) -> bool:
        sentence, begins = f"{before} {after}", not _LETTER.search(before)
        if _LETTER.search(self.words.sub(" ", sentence)):
            return False
        if self.has("mean", sentence) and self.has("ask", sentence):
            return True
        if begins and not (after[:1].isspace() and (self.has("must", after) or self.has("ban", after))):
            return False
        # What something is, and what stands set off behind a label, is about this message: "information TLP:RED, don't post it here".
        depends, forbidden_before = (
            self.has("if", _YES.sub(" ", sentence)),
            self.has("not", before) or self.has("ban", before),
        )
        points = self.has("is", sentence) or self.has("it", sentence)
        if not depends and (points or (_SET_OFF.match(after) and not forbidden_before)):
            return False
        sends = self.has("send", sentence) or self.has("go", sentence)
        # "Where do such data go?" states nothing, as long as no sign sets the label off.
        if sends and self.has("where", before) and not _SIGN.search(before) and after.endswith(_ASKING):
            return True
        if self.has("here", sentence) and (self.has("ban", sentence) or (sends and self.has("not", sentence))):
            return True
        # "Information TLP:RED sent by SIENA" tells what was done.
        told = self.has("go", sentence) or (sends and (self.has("must", sentence) or self.has("please", sentence)))
        return told and (self.has("channel", sentence) or self.has("other", sentence))


def _language(table: str, *, is_spaced: bool) -> _Language:
    lines = (line.partition(": ") for line in table.replace("\n  ", " ").strip().splitlines())
    sorts = {"channel": _CHANNELS.split(", "), **{sort: words.split(", ") for sort, _, words in lines}}
    rest = [*sorts.pop("rest"), *_LABELS.split(", ")]

    def pattern(words: Iterable[str]) -> re.Pattern[str]:
        some = "|".join(sorted({re.escape(fold(shape(word))) for word in words}, key=lambda word: (-len(word), word)))
        return re.compile(rf"(?<!\w)(?:{some})(?!\w)" if is_spaced else some)

    words = pattern(chain(rest, *sorts.values()))
    return _Language(words=words, sorts={sort: pattern(some) for sort, some in sorts.items()})


@cache
def _languages() -> tuple[_Language, ...]:
    """All of them, made when the first label stands in a sentence: no command that reads no messages waits for that."""
    return tuple(_language(table, is_spaced=name != "zh") for name, table in _WORDS.items())


def tells_a_rule(before: str, after: str) -> bool:
    """Whether a sentence around a label only tells where such things are sent or not, or asks where, or what the label means.

    Args:
        before: the folded sentence up to the label. A label that begins its sentence, perhaps behind a list's number, is a marking, unless what must be done
            runs on behind it.
        after: what follows, with the sign that ends it.
    """
    before = _LISTED.sub("", before, count=1)
    return len(before) + len(after) <= _LONGEST and any(one.tells(before, after) for one in _languages())
