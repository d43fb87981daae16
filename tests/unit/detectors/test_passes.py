"""What passes stands close to what doesn't: each pair has the same words, of rules or of a matter of the day, of a desk or of a suspect."""

from datetime import date

import pytest

from relay.detectors.facts import Facts
from relay.detectors.find import find_sensitive
from relay.policy.shape import versions_of
from tests.builders import unweighed_rules

DETECTORS = unweighed_rules().detectors
FACTS = Facts(on=date(2026, 11, 24), names=("Ana Example",), addresses=("ana.example@agency.example",))


def _codes(text: str) -> set[str]:
    found = find_sensitive(versions_of(text), "text", DETECTORS, FACTS)
    # What a letter sounds like can't be told of one sentence: the corpus measures it.
    return {one.code for one in found if not one.rule.startswith(("residual", "likeness"))}


@pytest.mark.parametrize(
    "text",
    [
        # talk about what doesn't belong here
        "Names of suspects and birth dates do not belong on this list; neither do planned raids or sources.",
        "On ne parle pas ici des informateurs ni des perquisitions prévues.", "Aquí no van nombres de detenidos, tampoco allanamientos previstos.",
        "Aqui não entram nomes de arguidos nem buscas previstas ou cargas ainda a caminho.", "V-Leute gehören nicht in diesen Verteiler.",
        "Ook geplande invallen en zendingen die nog onderweg zijn horen hier niet.", "Rencana penggerebekan jangan ditulis di sini.",
        "Kế hoạch khám xét và nguồn tin mật không trao đổi qua thư này.", "Operesheni zijazo na watoa habari zisijadiliwe hapa.",
        "Готовящиеся обыски и агентов в рассылке не обсуждаем.", "العمليات القادمة والمخبرون لا يُناقشون هنا.", "线人情况不得在邮件组讨论。",
        # appointments to units that watch, and laws that come
        "From 1 December Commander Bola Adeyemi takes over as head of the Surveillance Branch.", "Oberst Ivo Brandt übernimmt am 1. Dezember die Leitung des Referats Observation.",
        "La nueva ley entra en vigor el 1 de enero de 2027 y abarca loros vivos.", "A nova lei entra em vigor a 1 de janeiro de 2027 e abrange papagaios vivos.",
        # a journey that ended, a ship that was checked
        "Paket sedang menuju Vietnam ketika dicegat petugas bandara: 4 kg sisik.", "Kifurushi kilikuwa njiani kilipozuiwa uwanja wa ndege: kilo 4 za magamba.",
        "El contenedor, descargado del Maritime Fortune, quedó retenido.", "The sister ships Lady Elizabeth and Princess Margaret were boarded, nothing found.",
        # officials in the office that they hold
        "Le chef de la brigade mobile Martin Okolo a ouvert le cours.", "Msemaji wa wizara Anna Mushi alisema watu wawili wamekamatwa.",
        "Начальник отдела по борьбе с контрабандой Мартин Окунев открыл курс.", "أعلنت المتحدثة باسم الوزارة منى العلي توقيف ثلاثة أشخاص.",
        "Bà Phạm Thu Hà, Cơ quan quản lý CITES, nhắc nộp báo cáo.", "Juru bicara kementerian Sinta Dewi mengatakan tiga pelaku ditangkap.",
        # numbers of a desk beside talk of suspects
        "Three persons arrested. Tel. for questions +254 712 345 678.", "Sesi: perlindungan informan (teori). Panitia: +62 812 3456 7890", "联系人：会务组，电话 +86 138 1234 5678",
        "Bộ trưởng Bộ Môi trường, ông Đặng Quốc Khánh, khánh thành trung tâm.", "The Minister for Tourism, Mrs. Rebecca Malunga, opened the audit.",
        "Ein Passagier (41) wurde dem Haftrichter vorgeführt, Termin am 9. Dezember.", "Ông Võ Thùy Linh, Phó Vụ trưởng Vụ Pháp chế, phát biểu.",
        "Пресс-конференция с министром Рутой Амировой и прокурором Феликсом Донских.", "Speaker on informant protection law wanted for our January course.",
        # ships, bodies and nouns that look like people
        "Container MSKU7654321, MS „Hai Feng 88“ (IMO 9104512), beschlagnahmt.", "Công-ten-nơ dỡ từ tàu Ocean Bright đã bị tạm giữ.",
        "Nous confirmons 0,75 kg de corail, conteneur TEMU4228360, débarqué du\nHai Feng 88 et actuellement sous scellés.", "The David Sheldrick Wildlife Trust took part.",
        "ВНИМАНИЮ ПОСТОВ: ВЫЯВЛЕНО ТРИ СЛУЧАЯ ПЕРЕМЕЩЕНИЯ РОГОВ САЙГАКА", "Gracias, Óscar Maldonado. Muy útil.",
        "Herr Jürgen von Ahlen vom Bundesamt für Naturschutz bittet um Rückmeldung.", "公诉人赵国庆建议对两名被告人判处五年。", "由司徒春生副局长带队", "感谢张丽博士协助鉴定。",
        # sources and covert work as subjects of laws, films and words
        "Using informers is regulated by section 26 of the Act.", "Le film montre un agent sous couverture à Bangkok.", 'La palabra "soplón" no figura en el glosario.',
        "Darf man in Ihrem Land verdeckte Ermittler einsetzen?", "Apakah pembelian terselubung diperbolehkan di negara Anda?", "贵国法律允许诱惑侦查吗？",
        "В фильме агент под прикрытием едет в Бангкок.", "Avian flu surveillance continues until spring.",
        # what to do on the day of a threat, who is well again, what threatens animals
        "Wer Drohungen erhält, ruft zuerst die 110.", "收到威胁者请先拨打110。", "Os dois guardas feridos em março já estão de volta ao serviço.",
        "Два инспектора, раненые в марте, снова на службе.", "El jaguar está amenazado por la pérdida de bosque.",
        # journeys that came to nothing, and what colleagues send each other
        "El contenedor con aletas no llegó a salir.", "Tableti zitafika Alhamisi kwa courier.", "De testkits komen donderdag per koerier.",
        "調查員林志明主講鑑識課。", "Mtafiti Asha Mrisho wa TAWIRI alitambua meno hayo.",
    ],
)  # fmt: skip
def test_what_only_sounds_sensitive_passes(text: str) -> None:
    assert _codes(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "The raid is planned for tomorrow at five.", "Perquisition prévue demain chez le vendeur.", "El allanamiento está previsto para mañana.",
        "A carga ainda está a caminho de Nacala.", "De zending marmotten is nog onderweg.", "Penggerebekan direncanakan besok pagi.",
        "Обыск у скупщика запланирован на завтра.", "线人说明天交货，我们明天抓捕。", "Surveillance of the warehouse begins on 1 December.",
        "Paket sisik sedang menuju Vietnam, mohon dicegat.", "集装箱内有鳞片，已发往越南，请拦截。",
        "The suspect's contact is on +254 712 345 678.", "司机联系电话 +86 138 1234 5678", "Le chef du gang Martin Okolo a été arrêté.", "Kepala sindikat Martin Oktavian ditangkap.",
        "ЗАДЕРЖАН ПЕТРОВ ИВАН С РОГАМИ", "嫌疑人赵国庆被抓获。", "司机司徒春生逃跑", "Gracias, detuvimos a Óscar Maldonado.", "le suspect se nomme bokassa wilfrid",
        "Penyidik Bea dan Cukai menetapkan LIU Guixiang sebagai tersangka.", "Kepala kantor menetapkan Joko Hartanto tersangka.",
        "Raid on the shop planned for 6 am tomorrow, do not share further.", "Perquisition demain à six heures au marché, ne pas diffuser.",
        "The driver of the truck Martin Okoth was arrested.", "Descargado del camión de Martín Ochoa, detenido ayer.",
        "Surveillance of the warehouse starts tomorrow with judicial authorisation.", "L'informateur a révélé que le camion part demain avec l'ivoire.",
        "La guía de carga dice que el camión con aletas sale mañana.", "Мне угрожают убийством, куда обращаться?", "Ze bedreigen mij en mijn gezin met de dood, wat te doen?",
        "Durchsuchung mit richterlicher Anordnung morgen um sechs.", "他们扬言要杀护林员",
    ],
)  # fmt: skip
def test_the_same_words_of_a_matter_of_the_day_do_not(text: str) -> None:
    assert _codes(text)
