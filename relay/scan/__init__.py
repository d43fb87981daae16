"""Octets to texts, findings and cleaned parts, in sandboxed processes: the one place that opens hostile bytes.

It has more modules than other rooms: each opens or refuses one thing, and is to be judged by itself.

stages      what a scanner does with one message, stage by stage: header, text, each part, complete
search      what is searched for in each view: markings, and what detectors find
walker      the MIME structure, split on the octets        boundary, parameters, charset   where its parts begin, what its fields say
parts       one part: what may leave of a text, and the views of names and fields
attachments an attachment opened, and whatever lies in it, by way of relay.documents
container, image  what lies beside an image's pixels; the photo that may leave, made of them alone
looking     what a photo shows: faces, lines of writing
lane, reading, tesseract  the process that reads such lines, from outside and from inside; the library
text, html  one text → views for the detectors and the cleaned text      markup      HTML as source; the sanitiser
worker      the processes that run the stages, and the one that forks them      sandbox     what they may not do
parent      that one, as the main process sees it          scanner               one of them, likewise
instructions  what the main process tells them        rules                 the same, ready to search with
signed      what a message's own signature covers         verify                in a process of its own: openssl, or openpgp
aside       how such a process is run                    confine     another program behind the same walls
bounces     has a report in free text read                 bounce_reader  the process that does, with flufl.bounce
pool        the main process's side                        frames, vocabulary    what the two say to each other
"""
