"""Talk about markings: a sentence that says where marked information is sent, or isn't, and has no word for anything else; and what labels mean.

The first names this list, or the channel for such information, and a verb of sending; all its other words are of the tables below,
in any order. So it can tell nothing about a message, a person or a thing: "bitte keine TLP:RED-Meldungen in diese Liste
stellen" passes, "TLP:RED bitte nicht weitergeben" is a marking with what follows from it. What points at this message ("this",
"attached", "is") stands in no table. The second has a label right behind such words as "the difference between" or "the
meaning of"; or it asks for a choice of two, or tells of a training, a poster or their colours, and neither points at this message nor
says what something is.
"""

import re
from collections.abc import Iterable

from relay.policy.sentence import UNSPACED, sentence_around
from relay.policy.shape import fold, shape

# This list, and here. Phrases are parted by "|", in the order of en fr es pt de nl ru ar zh vi id sw.
_HERE = """
here|on here|in here|this list|this mailing list|this forum|this group|this channel|this relay|the list|the mailing list|our list
ici|cette liste|cette liste de diffusion|ce groupe|ce canal|ce forum|la liste|notre liste|ce relais
aquí|acá|esta lista|esta lista de correo|este grupo|este canal|este foro|la lista|nuestra lista
aqui|nesta lista|desta lista|esta lista de e-mail|este grupo|este canal|neste canal|neste grupo|a lista|à lista|na lista|nossa lista
hier|hierher|hierhin|diese liste|dieser liste|diesen verteiler|diesem verteiler|dieses forum|diese gruppe|diesem kanal|die liste|der liste|den verteiler|unsere liste
hier|hierheen|deze lijst|deze mailinglijst|deze mailinglist|deze groep|dit kanaal|dit forum|de lijst|onze lijst
сюда|здесь|эту рассылку|этой рассылке|эту рассылкой|этот список|этом списке|этому списку|этот канал|этом канале|эту группу|этой группе|список рассылки|списке рассылки|рассылку|рассылке
هنا|هذه القائمة|في هذه القائمة|على هذه القائمة|إلى هذه القائمة|لهذه القائمة|عبر هذه القائمة|بهذه القائمة|هذه القائمة البريدية|هذه المجموعة|هذه القناة|القائمة البريدية|القائمة
此处|这里|在此|本列表|本邮件列表|此列表|此邮件列表|本群|本组|本渠道|这个列表|这个邮件列表|邮件列表|列表
ở đây|lên đây|vào đây|danh sách này|danh sách thư này|nhóm này|kênh này|diễn đàn này
di sini|ke sini|ke milis ini|milis ini|daftar ini|daftar surat ini|grup ini|kanal ini|saluran ini|forum ini|milis
hapa|orodha hii|kundi hili|kikundi hiki|njia hii|jukwaa hili|kwenye orodha hii|kwenye kundi hili
"""
# The channel for it.
_CHANNEL = """
i-24/7|i24/7|cencomm|siena|ecomessage|national central bureau|ncb|another channel|other channel|other channels|secure channel|secure channels|the secure channel|national channel
bureau central national|bcn|autre canal|un autre canal|canal sécurisé|canaux sécurisés|canal national|voie sécurisée
oficina central nacional|ocn|otro canal|canal seguro|canales seguros|canal nacional
gabinete nacional|escritório central nacional|outro canal|canal seguro|canais seguros|canal nacional
nationales zentralbüro|nationale zentralbüro|nzb|anderen kanal|einen anderen kanal|sicheren kanal|sicheren kanäle|sichere kanäle|gesicherten kanal
nationaal centraal bureau|ncb|ander kanaal|een ander kanaal|beveiligd kanaal|beveiligde kanaal|veilig kanaal|veilige kanaal|beveiligde kanalen
национальное центральное бюро|нцб|другой канал|другому каналу|другим каналам|защищённый канал|защищённому каналу|защищённым каналам|защищённые каналы
المكتب المركزي الوطني|قناة أخرى|قنوات أخرى|القناة الآمنة|القنوات الآمنة|قناة آمنة|قنوات آمنة|عبر القناة الآمنة|عبر القنوات الآمنة
国家中心局|其他渠道|安全渠道|保密渠道|加密渠道
văn phòng trung ương quốc gia|kênh khác|kênh an toàn|kênh bảo mật
biro pusat nasional|saluran lain|kanal lain|saluran aman|kanal aman|saluran yang aman
ofisi kuu ya kitaifa|njia nyingine|njia salama|mfumo salama
"""
# Verbs of sending and belonging, as an instruction has them.
_SEND = """
send|post|submit|e-mail|email|mail|put|go|goes|belong|belongs|travel|travels|use|be sent|be posted|be put|be submitted|be e-mailed|be emailed
envoyer|envoyez|transmettre|transmettez|mettre|mettez|poster|postez|passe|passent|passer|va|vont|utiliser|utilisez|être envoyé|être envoyée|être envoyés|être envoyées|être transmis|être transmise|être transmises|être mis|être postées|être postés
enviar|envíe|envíen|envíe|enviemos|mandar|mande|manden|poner|pongan|publicar|publiquen|va|van|usar|use|usen|utilice|utilicen|enviarse|mandarse|publicarse|ponerse|ser enviada|ser enviado|ser enviadas|ser enviados
enviar|envie|enviem|mandar|mandem|colocar|coloquem|publicar|publiquem|vai|vão|usar|use|usem|utilizem|ser enviada|ser enviado|ser enviadas|ser enviados|ser publicado|ser publicada|ser publicadas
senden|sendet|schicken|schickt|stellen|stellt|posten|postet|mailen|einstellen|setzen|gehört|gehören|geht|gehen|läuft|laufen|nutzen|nutzt|verwenden|benutzen|gesendet werden|geschickt werden|gestellt werden|gepostet werden|versenden|verschicken
stuur|stuurt|sturen|plaats|plaatst|plaatsen|zet|zetten|post|posten|mail|mailen|hoort|horen|gaat|gaan|loopt|lopen|gebruik|gebruikt|gebruiken|worden gestuurd|worden geplaatst|worden gepost|worden verstuurd|worden verzonden|versturen|verzenden
отправлять|отправляйте|отправить|отправьте|слать|шлите|присылать|присылайте|посылать|посылайте|направлять|направляйте|направлять|размещать|размещайте|публиковать|публикуйте|выкладывать|выкладывайте|отправляется|отправляются|направляется|направляются|передаётся|передаются|идёт|идут|используйте|использовать|пользуйтесь
ترسل|ترسلوا|نرسل|إرسال|أرسل|أرسلوا|ارسال|يرسل|ترسلون|تنشر|تنشروا|نشر|انشروا|تضعوا|وضع|يجب إرسال|يجب إرسالها|ترسيل|استخدم|استخدموا|استعملوا|يستخدم|تستخدم|يتم إرسال|يتم إرسالها|توجه|توجيه|تمر|تذهب|مكانها|مكانه
发送|发布|发到|发至|发往|上传|张贴|提交|寄送|投递|发|使用|通过|走|请走|请通过
gửi|đăng|đưa|chuyển|đăng tải|gửi qua|sử dụng|dùng|được gửi|được đăng|đi qua|chuyển qua
kirim|kirimkan|mengirim|mengirimkan|dikirim|dikirimkan|posting|memposting|diposting|unggah|mengunggah|diunggah|gunakan|menggunakan|pakai|masuk|lewat|melalui
tuma|tumeni|kutuma|itumwe|zitumwe|zitumiwe|tumia|tumieni|kutumia|inatumwa|zinatumwa|hutumwa|weka|kuweka|iwekwe|ziwekwe|zinapitia|inapitia|hupitia|huenda|zipelekwe|ipelekwe|zipitie|ipitie
share|shared|be shared|circulate|be circulated|circulated|be posted
partager|partagez|diffuser|diffusez|faire circuler|être partagé|être partagés|être partagées|être diffusé|être diffusés|être diffusées|publier|publiez
compartir|compartan|comparta|difundir|difundan|circular|circulen|compartirse|difundirse|ser compartida|ser compartidas|remitir|remitan
compartilhar|compartilhem|partilhar|partilhem|divulgar|divulguem|circular|remeter|ser compartilhado|ser compartilhada|ser compartilhadas|ser partilhada|ser partilhadas|encaminhar|encaminhem
teilen|geteilt werden|verbreiten|verteilt werden|weitergeben|übermitteln|übermittelt werden|einreichen
delen|gedeeld worden|worden gedeeld|verspreiden|worden verspreid|doorsturen
делиться|делитесь|распространять|распространяйте|передавать|передавайте|пересылать|пересылайте|отправляются|передать|передайте
مشاركة|تشاركوا|شاركوا|تداول|تداولها|نشرها|إرسالها|إرساله|ترسلها|تعميم|تنشروها|ترسلوها|يرسلوا|نقلها|تنقل|يتم تبادلها|تبادل|تتبادلوا|تحال|تتم
分享|共享|转发|传递|传送|报送|传播|走
chia sẻ|được chia sẻ|phát tán|chuyển|trao đổi|nhắn
bagikan|membagikan|dibagikan|berbagi|sebarkan|menyebarkan|disebarkan|edarkan|diedarkan|salurkan|disalurkan|sampaikan|disampaikan|lewatkan|teruskan
shirikisha|kushirikisha|zishirikishwe|sambaza|kusambaza|zisambazwe|isambazwe|peleka|pelekeni|kupeleka|ichapishwe|kuchapisha|chapisha|zitumwe|hupelekwa|zinapelekwa|inapelekwa
"""
_NOT = """
never|not|don't|do not|don’t|no|nothing|cannot|can't
ne|n|n'|pas|jamais|aucun|aucune|rien|non
no|nunca|jamás|nada|ningún|ninguna|ni
não|nunca|jamais|nada|nenhum|nenhuma|nem
nicht|nie|niemals|kein|keine|keinen|keiner|nichts
niet|nooit|geen|niets
не|никогда|нельзя|запрещено|запрещается|нигде|ни
لا|ليس|ليست|لم|لن|عدم|ممنوع|يمنع|يُمنع|أبدا|أبدًا|ألا|ولا|وليس
不要|请勿|勿|不得|不可|不能|不应|切勿|严禁|禁止|别|不|绝不|从不
không|đừng|chớ|cấm|chưa|không bao giờ|không được|tuyệt đối không
jangan|tidak|bukan|dilarang|tak|jangan pernah|tidak boleh
usitume|msitume|usitumwe|usiweke|msiweke|usitumie|msitumie|si|kamwe|isitumwe|zisitumwe|hairuhusiwi|haziruhusiwi|haitumwi|hazitumwi|tusitume|marufuku|haipaswi|hazipaswi|isiwekwe|zisiwekwe
neither|without
sans
sin
sem
ohne
zonder|noch
без
غير|دون|بدون
无|没有
chẳng
tanpa|belum
usishirikishe|msishirikishe|usisambaze|msisambaze|zisishirikishwe|isishirikishwe|zisisambazwe|isisambazwe|usipeleke|msipeleke|usichapishe|msichapishe|wala|bila|siyo|sio
"""
# Swahili says both in one word.
_NOT_SEND = "usitume|msitume|tusitume|usiweke|msiweke|isitumwe|zisitumwe|haitumwi|hazitumwi|isiwekwe|zisiwekwe|usishirikishe|msishirikishe|usisambaze|msisambaze|zisishirikishwe|isishirikishwe|zisisambazwe|isisambazwe|usipeleke|msipeleke|usichapishe|msichapishe"
# All else that such a sentence may have: what is sent, whom it asks and how politely.
_OTHERWISE = """
please|kindly|thanks|thank you|very much|dear|all|everyone|everybody|colleagues|colleague|friends|reminder|reminders|remember|remind|a reminder|that|as a reminder|once more|again|note|always|only|instead|rather|but|and|or|nor|to|by|via|through|on|in|at|into|of|the|a|an|any|your|our|own|for|with|must|should|shall|may|can|do|be|marked|labelled|labeled|information|info|informations|data|material|materials|content|contents|message|messages|mail|mails|e-mail|e-mails|email|emails|report|reports|document|documents|anything|something|it|them|point|points|contact|tlp|label|marking|hello|hi|good morning|ever|nominal|sensitive|classified|handling code|handling codes|code|codes|anything marked|with the label|with the marking|posted|sent
merci|beaucoup|bonjour|à|tous|toutes|chers|chères|collègues|rappel|pour rappel|petit rappel|rappelez-vous|que|qu|toujours|seulement|uniquement|plutôt|mais|et|ou|par|via|sur|dans|en|au|aux|le|la|les|l|de|des|d|du|un|une|votre|vos|notre|avec|pour|doit|doivent|devrait|devraient|peut|peuvent|svp|s'il vous plaît|s'il te plaît|veuillez|prière de|marqué|marquée|marqués|marquées|portant|mention|la mention|information|informations|info|infos|donnée|données|contenu|contenus|message|messages|courriel|courriels|mail|mails|rapport|rapports|document|documents|il|elle|elles|ils|les|point|contact|nominatives|nominatif|sensibles|sensible|classifié|code de traitement|codes de traitement|ce qui est|être
gracias|muchas|por favor|hola|buenos días|a|todos|todas|los|las|estimados|estimadas|colegas|compañeros|recordatorio|recuerden|recuerde|recordamos|que|siempre|solo|sólo|solamente|sino|pero|y|o|por|vía|mediante|a través de|en|el|la|al|del|de|un|su|sus|nuestro|con|para|debe|deben|deberá|deberán|puede|pueden|marcado|marcada|marcados|marcadas|con la etiqueta|con marca|información|informaciones|dato|datos|material|materiales|contenido|contenidos|mensaje|mensajes|correo|correos|informe|informes|documento|documentos|se|lo|los|la|punto|contacto|ello|eso|en su lugar|nominales|nominal|sensible|sensibles|código de manejo|código de tratamiento
obrigado|obrigada|muito|por favor|olá|bom dia|a|à|ao|todos|todas|os|as|caros|caras|prezados|colegas|lembrete|lembrem|lembramos|lembrando|que|sempre|só|apenas|somente|mas|e|ou|por|via|pelo|pela|através de|em|no|na|o|do|da|de|um|uma|seu|sua|nosso|com|para|deve|devem|deverá|deverão|pode|podem|marcado|marcada|marcados|marcadas|com a marca|informação|informações|dado|dados|material|materiais|conteúdo|conteúdos|mensagem|mensagens|e-mail|e-mails|correio|relatório|relatórios|documento|documentos|se|isso|em vez disso|ponto|contato|contacto|nominais|sensível|sensíveis
bitte|danke|vielen dank|liebe|hallo|guten tag|alle|allen|kolleginnen|kollegen|kolleginnen und kollegen|erinnerung|zur erinnerung|denken sie daran|daran|dass|immer|nur|stets|ausschließlich|stattdessen|sondern|aber|und|oder|an|auf|in|im|über|via|per|durch|für|mit|zu|der|die|das|den|dem|des|ein|eine|einen|einer|ihr|ihre|ihren|unser|unsere|sie|darf|dürfen|soll|sollen|muss|müssen|kann|können|wird|werden|information|informationen|infos|daten|inhalt|inhalte|inhalten|material|meldung|meldungen|nachricht|nachrichten|mail|mails|e-mail|e-mails|bericht|berichte|dokument|dokumente|unterlagen|kennzeichnung|gekennzeichnet|gekennzeichnete|gekennzeichneten|eingestufte|als|etwas|was|personenbezogene|sensible|noch einmal|nochmals|hinweis
alsjeblieft|alstublieft|graag|bedankt|dank|dank u|beste|hallo|goedemorgen|allen|allemaal|collega|collega's|herinnering|ter herinnering|denk eraan|eraan|dat|altijd|alleen|uitsluitend|in plaats daarvan|maar|en|of|aan|op|in|via|per|door|voor|met|naar|over|de|het|een|uw|jullie|je|onze|mag|mogen|moet|moeten|kan|kunnen|zal|zullen|wordt|worden|informatie|info|gegevens|inhoud|materiaal|melding|meldingen|bericht|berichten|mail|mails|e-mail|e-mails|rapport|rapporten|document|documenten|stukken|gemarkeerd|gemarkeerde|markering|label|als|iets|ook|daarvoor|nominatieve|gevoelige|nogmaals
пожалуйста|спасибо|большое|здравствуйте|уважаемые|коллеги|дорогие|всем|все|напоминание|напоминаем|напоминаю|помните|просьба|просим|что|всегда|только|вместо этого|исключительно|а|но|и|или|в|на|по|через|для|с|со|к|о|об|ваш|ваше|ваши|наш|нашу|можно|нужно|надо|следует|должны|должна|должен|могут|информация|информацию|информации|сведения|данные|данных|материал|материалы|материалов|сообщение|сообщения|сообщений|письмо|письма|писем|отчёт|отчёты|документ|документы|пометка|пометкой|с пометкой|маркировкой|метка|меткой|помеченные|помеченную|их|её|его|это|такие|такую|таких|ещё раз|именные|персональные|персональных
من فضلكم|من فضلك|رجاء|الرجاء|يرجى|شكرا|شكرا جزيلا|السادة|الزملاء|الأعزاء|الكرام|تحية|مرحبا|تذكير|للتذكير|نذكر|نذكركم|بأن|أن|بأنه|أنه|دائما|فقط|بل|ولكن|لكن|و|أو|إلى|على|في|عبر|عن طريق|من خلال|من|عن|بـ|ب|مع|يجوز|يجب|ينبغي|يمكن|أي|المعلومات|معلومات|معلومة|البيانات|بيانات|المواد|مواد|مادة|الرسائل|رسائل|رسالة|التقارير|تقارير|تقرير|الوثائق|وثائق|المصنفة|مصنفة|المصنف|الموسومة|موسومة|تحمل|التي|الذي|علامة|وسم|تصنيف|بتصنيف|ذلك|بدلا من ذلك|الاسمية|الحساسة|مرة أخرى|وإنما|إنما|كل|جميع|الجميع
请|谢谢|大家|各位|同事|同事们|您好|你好|提醒|再次提醒|温馨提醒|记住|始终|只|仅|只能|应|应当|必须|可以|而|而是|但|和|或|及|以及|与|到|至|在|往|向|上|中|里|的|把|将|任何|您的|本国|信息|资料|数据|材料|内容|邮件|消息|报告|文件|标注|标注为|标为|标有|标记为|标记|级别|级|类|请改用|改用|此类|这类|请在|上述|再次|含|涉及个人|等
xin|xin vui lòng|vui lòng|làm ơn|cảm ơn|chào|các|anh|chị|anh chị|đồng nghiệp|mọi người|tất cả|nhắc|nhắc lại|xin nhắc|lưu ý|nhớ|rằng|là|luôn|luôn luôn|chỉ|mà|nhưng|và|hoặc|hay|đến|tới|vào|lên|trên|trong|qua|bằng|cho|của|phải|cần|nên|được|có thể|bất kỳ|thông tin|tin|dữ liệu|tài liệu|nội dung|thư|tin nhắn|báo cáo|email|đánh dấu|có dấu|được đánh dấu|mức|nhãn|gắn nhãn|những|này|thay vào đó|hãy|một lần nữa
tolong|mohon|harap|silakan|terima kasih|halo|selamat pagi|rekan|rekan-rekan|semua|sekalian|pengingat|ingat|mengingatkan|bahwa|selalu|hanya|saja|melainkan|tetapi|tapi|dan|atau|ke|di|lewat|melalui|via|dengan|pada|dalam|untuk|dari|yang|boleh|harus|dapat|bisa|wajib|apa pun|informasi|data|materi|isi|konten|pesan|surat|surel|email|laporan|dokumen|bertanda|berlabel|ditandai|bertuliskan|label|tanda|sekali lagi|sebagai gantinya|bersifat nominal
tafadhali|asante|asanteni|sana|habari|wenzangu|wenzetu|wapendwa|wote|ndugu|kumbuka|kumbukeni|kumbusho|ukumbusho|kwamba|kuwa|daima|tu|pekee|bali|lakini|na|au|kwa|kwenye|katika|kupitia|ya|za|wa|la|cha|yenye|zenye|lazima|inapaswa|zinapaswa|taarifa|habari|data|ujumbe|barua|barua pepe|ripoti|nyaraka|hati|alama|iliyo na|zilizo na|zilizowekwa|iliyowekwa|yoyote|zozote|badala yake|tena|mnaombwa|tunaombwa|kutuma
if|when|whenever|you|need|want|or higher|or above|or stricter|and above|higher|above|names|name|personal|operational|secret|everything|what|which|who|one|also|then|there|here|first|such|kind|level|levels|ncb|liaison officer|office|headquarters
si|quand|lorsque|vous|avez|besoin|ou plus|ou supérieur|et plus|et au-dessus|au-dessus|noms|nom|personnelles|opérationnelles|tout|ce|ce qui|qui|quoi|aussi|alors|là|d'abord|niveau|niveaux|de ce niveau|officier de liaison
si|cuando|ustedes|usted|tiene|tienen|necesita|o superior|o más|o superiores|y superiores|superior|nombres|nombre|personales|operativos|operativa|todo|lo que|que|también|entonces|ahí|primero|nivel|niveles|de ese nivel|oficial de enlace
se|quando|vocês|você|tem|têm|precisa|ou superior|ou acima|e acima|superior|nomes|nome|pessoais|operacionais|tudo|o que|que|também|então|lá|primeiro|nível|níveis|desse nível|oficial de ligação
wenn|falls|man|ihr|hat|habt|brauchen|oder höher|und höher|oder strenger|höher|darüber|namen|name|personendaten|operative|operatives|alles|was|wer|auch|dann|dort|dorthin|zuerst|solche|so etwas|stufe|stufen|einstufung|dafür|verbindungsbeamten
als|wanneer|je|u|hebt|nodig|of hoger|en hoger|of strenger|hoger|daarboven|namen|naam|persoonsgegevens|operationele|alles|wat|wie|ook|dan|daar|eerst|zulke|zoiets|niveau|niveaus|let op|die|dat|deze|liaison
если|когда|вы|у вас|нужно|или выше|и выше|или строже|выше|имена|фамилии|имя|оперативные|оперативную|всё|то|кто|также|тогда|туда|там|сначала|подобные|уровень|уровня|уровнем|грифом|с грифом|внимание|офицера связи
إذا|عندما|كان|كانت|لديكم|لديك|عندكم|أو أعلى|فما فوق|وما فوق|أو أشد|أعلى|أسماء|الأسماء|اسم|الشخصية|العملياتية|كل شيء|ما|من|أيضا|هناك|أولا|هذا النوع|مثل هذه|مستوى|بمستوى|درجة|بدرجة|انتباه|ملاحظة|تنبيه|ضابط الاتصال|هي|هو|تلك|منها
如果|如|若|当|你们|您|需要|及以上|或以上|以上|更高|姓名|名字|个人|行动|一切|凡|凡是|也|那么|那里|首先|这样的|这种|注意|请注意|联络官|一律|均|都|时|应该
nếu|khi|bạn|cần|trở lên|hoặc cao hơn|cao hơn|họ tên|tên|cá nhân|nghiệp vụ|mọi|gì|ai|cũng|thì|ở đó|trước|loại|cấp|cấp độ|sĩ quan liên lạc|chú ý
jika|kalau|bila|apabila|anda|perlu|atau lebih tinggi|ke atas|dan di atasnya|lebih tinggi|nama|pribadi|operasional|semuanya|apa|siapa|juga|maka|di sana|dulu|seperti itu|tingkat|level|perhatian|catatan|jangan lupa|itu|tersebut|perwira penghubung
kama|ikiwa|iwapo|wewe|unayo|hitaji|au zaidi|na zaidi|au juu zaidi|na juu|juu ya|zaidi|majina|jina|binafsi|za operesheni|kila kitu|chochote|nini|nani|pia|basi|huko|kwanza|kama hizo|hizo|hiyo|kiwango|kiwango cha|ngazi|ngazi ya|tahadhari|angalizo|afisa uhusiano|wenye|yenye|vyenye|ni
if you have|si vous avez|si tienen|si usted tiene|se tiverem|se você tem|wenn sie|haben sie|wie|als u|als je|если у вас есть|如有|如果有|nếu có|nếu bạn có|jika ada|kalau ada|bila ada|kama una|kama mna|ikiwa una|فأرسلوها|deelt|bali
just|friendly|a friendly|up to|only goes up to|goes up to|so|therefore|travel|should travel|gladly
modérateurs|n'ont pas leur place|n'a pas sa place|leur place|sa place|jusqu'à|ne va pas au-delà de|donc|passer par|adressez-vous à|plutôt qu'à|dès qu'une information relève du
hasta|por eso|para eso está|no se comparte|no se comparten|nada que sea|comparte|comparten
até|vai só até|o que for|deve seguir|devem seguir|pelo|por isso
bis|geht bis|also|daher|nur bis|versendet|versenden
nog even|nog even dit|thuis|tot en met|dus|daarom|hoger dan
рассылка|рассылка рассчитана|рассчитана|не выше|до|поэтому|список
مخصصة|مخصصة لما|لما|لا يتجاوز|يتجاوز|أما|فيرسل|فهو|لذلك|ما هو|فاستعملوا|منظومة
最高|只到|最高只到|请改走|改走|因此|所以|组
kính gửi|kính|chỉ nhận|nhận|đến mức|còn|xin gửi|vì vậy|thay vì
diingat|mohon diingat|sampai|hanya sampai|jadi|bahan|oleh karena itu|dulu
inaishia|kwa hiyo|hadi|mwisho|kumbusho tu|ipelekwe
"""
# What labels are explained with: it stands before them, or behind them.
_ABOUT = """
difference between|differences between|distinction between|distinguish|distinguishing|meaning of|definition of|what does|what is meant by|when to use|how to use|when do we use
différence entre|différences entre|distinction entre|distinguer|signification de|sens de|définition de|que signifie|que veut dire|ce que signifie|ce que veut dire|quand utiliser|comment utiliser
diferencia entre|diferencias entre|distinguir|significado de|definición de|qué significa|qué quiere decir|cuándo usar|cuándo utilizar|cómo usar
diferença entre|diferenças entre|distinguir|significado de|definição de|o que significa|o que quer dizer|quando usar|quando utilizar|como usar
unterschied zwischen|unterschiede zwischen|unterscheidung zwischen|bedeutung von|definition von|was bedeutet|was heißt|wann nutzt man|wann verwendet man
verschil tussen|verschillen tussen|onderscheid tussen|betekenis van|definitie van|wat betekent|wanneer gebruik je|wanneer gebruiken we
разница между|разницу между|различие между|различия между|отличие между|значение метки|определение|что значит|что означает|когда использовать|когда применять|как применять
الفرق بين|الفروق بين|التمييز بين|معنى|تعريف|ماذا يعني|ماذا تعني|متى نستخدم|متى يستخدم|متى تستخدم|كيفية استخدام
什么是|何为|何谓|如何使用|何时使用|区分|辨别
khác biệt giữa|sự khác biệt giữa|khác nhau giữa|phân biệt|phân biệt giữa|ý nghĩa của|nghĩa của|định nghĩa|khi nào dùng|khi nào sử dụng|cách dùng
perbedaan|perbedaan antara|beda antara|arti|makna|arti dari|definisi|apa arti|apa itu|kapan memakai|kapan menggunakan|cara memakai
tofauti kati ya|tofauti ya|tofauti baina ya|maana ya|ufafanuzi wa|nini maana ya|ni lini tutumie|lini kutumia|jinsi ya kutumia
"""
_MEANS = "区别|差别|含义|意思|是什么意思|有什么区别|有何区别|nghĩa là gì|khác nhau thế nào|artinya apa|maana yake nini"
# What people tell of when they talk about labels: beginnings of words.
_OCCASIONS = """
training|trainings|workshop|webinar|seminar|poster|posters|colour|colours|color|colors
formation|formations|atelier|webinaire|séminaire|affiche|affiches|couleur|couleurs
formación|capacitación|taller|seminario|curso|cartel|carteles|color|colores
formação|capacitação|seminário|curso|cartaz|cor|cores
schulung|lehrgang|workshop|seminar|plakat|farbe|farben
cursus|opleiding|workshop|seminarie|training|poster|kleur|kleuren
семинар|семинаре|обучение|обучении|курс|курсе|занятие|тренинг|плакат|цвет|цвета
دورة|الدورة|ورشة|الورشة|تدريب|التدريب|ندوة|محاضرة|المحاضرة|ملصق|الملصق|اللون|الألوان
培训|研讨会|讲座|课程|海报|颜色
tập huấn|khóa học|hội thảo|buổi học|áp phích|màu
pelatihan|lokakarya|seminar|kursus|sesi|poster|warna
mafunzo|warsha|semina|kozi|bango|mabango|rangi
"""
# What points at this message, or at what comes with it.
_POINTING = """
this|these|attached|enclosed|herewith|below|above|following|follows|here is|here are|my|our|sending|sent|i send|we send
ce|cet|cette|ces|ci-joint|ci-jointe|ci-dessous|ci-après|suivant|suivante|suivants|voici|mon|ma|mes|notre|nos|joint|jointe|j'envoie
este|esta|estos|estas|adjunto|adjunta|adjuntos|siguiente|siguientes|mi|mis|nuestro|nuestra|abajo|envío|le envío|aquí va
este|esta|estes|estas|isto|isso|anexo|anexa|seguinte|seguintes|abaixo|meu|minha|nosso|nossa|segue|seguem|envio
dies|diese|dieser|dieses|diesen|diesem|anbei|beiliegend|angehängt|angehängte|folgend|folgende|folgenden|unten|nachstehend|hiermit|mein|meine|unser|unsere|unserer
deze|dit|bijgaand|bijgevoegd|bijlage|onderstaand|onderstaande|volgende|hierbij|mijn|ons|onze
этот|эта|это|эти|этого|этой|этом|прилагаю|прилагается|вложение|вложении|ниже|следующий|следующая|следующие|наш|наша|наши|мой|моя|направляю
هذا|هذه|هذي|مرفق|المرفق|المرفقة|أرفق|نرفق|التالي|التالية|أدناه|طيه|تقريرنا|رسالتي|رسالتنا
本邮件|本文|本报告|本文件|本通报|此件|此文|这份|这个|附件|如下|以下|我的|我们的|现将
này|đây|đính kèm|gửi kèm|sau đây|dưới đây|của tôi|của chúng tôi
ini|terlampir|lampiran|berikut|di bawah|saya kirim|kami kirim|laporan kami
hii|hili|hizi|huu|hiki|nimeambatisha|kiambatisho|ifuatayo|hapa chini|yetu|yangu
"""
# What says of something that it is so marked.
_SAYS_IT_IS = "is|are|was|were|be|as|marked|classified|labelled|labeled|est|sont|comme|marqué|marquée|classé|classée|es|son|como|marcado|marcada|clasificado|é|são|classificado|ist|sind|als|eingestuft|gekennzeichnet|zijn|gemarkeerd|это|как|гриф|с грифом|помечен|помечено|هو|هي|مصنف|مصنفة|بتصنيف|是|为|为是|标为|属于|là|thuộc|adalah|termasuk|bertanda|ni"
_WORD = re.compile(r"[^\W_]")
_BEGIN, _END = rf"(?<![^\W_{UNSPACED}])", rf"(?![^\W_{UNSPACED}])"
_LETTER = re.compile(rf"[^\W\d_{UNSPACED}]")
_ANOTHER = rf"tlp[\s:=-]{{0,3}}(?:[^\W\d_{UNSPACED}]{{1,12}}|[{UNSPACED}]色?)"  # a further label
_A_WORD = re.compile(rf"[{UNSPACED}]{{2}}|[^\W_{UNSPACED}]+")
_MANY = 6  # words beside a label, from which on a line is no marking with a few words
_QUESTION_MARKS = frozenset("?؟？")
_SIGN_BEFORE = re.compile(r"[-–—:,.()\[\]*]\s*\Z")
_SIGN_BEHIND = re.compile(r"\s*(?:[-–—](?!\w)|[–—:,.()\[\]*])")  # "TLP:RED-Meldungen" is a word


def _phrases(table: str) -> list[str]:
    return [fold(shape(phrase.strip())) for line in table.strip().splitlines() for phrase in line.split("|")]


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Any of them as a whole, the longest first among those with the same first letter; where nothing parts words, anywhere."""
    by_first: dict[str, list[str]] = {}
    for phrase in sorted(set(phrases), key=lambda one: (-len(one), one)):
        words = r"[\s'’\"“”«»-]+".join(map(re.escape, phrase.split()))
        by_first.setdefault(phrase[0], []).append(words[1:] + (_END if _LETTER.match(phrase[-1]) else ""))
    parted, anywhere = (
        "|".join(
            f"{first}(?:{'|'.join(rest)})"
            for first, rest in by_first.items()
            if bool(_LETTER.match(first)) is is_parted
        )
        for is_parted in (True, False)
    )
    return re.compile("|".join(filter(None, (f"{_BEGIN}(?:{parted})" if parted else "", anywhere))))


_here, _channel, _send, _not, _otherwise = map(_phrases, (_HERE, _CHANNEL, _SEND, _NOT, _OTHERWISE))
_IS_HERE, _IS_CHANNEL, _IS_NOT = _any_of(_here), _any_of(_channel), _any_of(_not)
_IS_SENT = _any_of([*_send, *_phrases(_NOT_SEND)])
_OF_A_RULE = re.compile(
    "|".join([_ANOTHER, *(_any_of(some).pattern for some in (_here, _channel, [*_send, *_not, *_otherwise]))])
)
_BETWEEN = rf"(?:[^\w\n]|{_ANOTHER}|{_any_of(_otherwise).pattern})*+"
_ASKED_BEFORE = re.compile(rf"(?:{_any_of(_phrases(_ABOUT)).pattern}){_BETWEEN}\Z")
_ASKED_BEHIND = re.compile(rf"{_BETWEEN}(?:{_any_of(_phrases(_MEANS)).pattern})")
_IS_OCCASION, _IS_POINTING = _any_of(_phrases(_OCCASIONS)), _any_of(_phrases(_POINTING))
_IS_SAID = re.compile(rf"(?:{_any_of(_phrases(_SAYS_IT_IS)).pattern})[\s'’\"“«]*\Z|[:=(\[–—-]\s*\Z")
_OR = _any_of(_phrases("or|ou|o|oder|of|или|أو|أم|或|还是|hay|hoặc|atau|au")).pattern
_IS_CHOICE = re.compile(rf"{_ANOTHER}\W+(?:{_OR})\W+\Z")  # "TLP:GREEN or"
_IS_CHOSEN = re.compile(rf"\W+(?:{_OR})\W+{_ANOTHER}")


def is_talk(folded: str, start: int, end: int, *, stands_for_itself: bool = True) -> bool:
    """Whether the sentence around a label asks or tells what it means, or where such information is sent or isn't, and nothing else.

    Args:
        folded: the text.
        start: of the label.
        end: of it.
        stands_for_itself: whether it is where markings stand; there questions, trainings and the like are no excuse.
    """
    first, last = sentence_around(folded, start, end)
    first += folded[first:start].rfind(";") + 1
    before, after = folded[first:start], folded[end:last].partition(";")[0]
    if _is_set_apart(before, after):
        return False
    if _ASKED_BEFORE.search(before) or _ASKED_BEHIND.match(after):
        return True
    beside = f"{before} · {after}"
    chosen = _IS_CHOICE.search(before) or _IS_CHOSEN.match(after)
    asked = not _QUESTION_MARKS.isdisjoint(after + folded[last : last + 1])
    if asked or _IS_OCCASION.search(beside):
        return bool(chosen or not asked) and not stands_for_itself and _is_told_of(before, after)
    here = _IS_HERE.search(beside)
    rest = _IS_CHANNEL.sub("·", _IS_HERE.sub("·", beside))
    sent = _IS_SENT.search(rest)
    told = sent and ((here and _IS_NOT.search(rest)) or _IS_CHANNEL.search(beside))
    return bool(told) and not _WORD.search(_OF_A_RULE.sub("·", beside))


def _is_told_of(before: str, after: str) -> bool:
    """Whether a choice, or what is told of a training, has a label amid its words, says of nothing that it is so marked, and doesn't point at its own message."""
    amid = _A_WORD.search(before) and (_A_WORD.search(after) or _IS_CHOICE.search(before))
    return (
        bool(amid)
        and len(_A_WORD.findall(f"{before} {after}")) >= _MANY
        and not _IS_SAID.search(before)
        and not _IS_POINTING.search(_IS_HERE.sub("·", f"{before} · {after}"))
    )


def _is_set_apart(before: str, after: str) -> bool:
    """Whether a sign parts the label from all other words: then it is a marking, and they say what follows from it."""
    words_before, words_after = _WORD.search(before), _WORD.search(after)
    parted_before = not words_before or _SIGN_BEFORE.search(before) is not None
    parted_after = not words_after or _SIGN_BEHIND.match(after) is not None
    return parted_before and parted_after
