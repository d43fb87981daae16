"""What in a text identifies people or betrays operations: pure values and functions; the words and rules are data. Many small modules.

reading     one text → its tokens, sentences and paragraphs
words       a vocabulary of many languages, found in one pass       patterns    numbers, addresses and other shapes
numbers     which of those shapes have the check digits they must   marks       tokens with what the words say of them
capitals    where names may stand                                   names       runs of words that name a person
officials   who of them is named in a role
arabic      what Arabic letters alone tell of names                 correspondence  who else writes: quoted, greeted
dates       days past, present and to come                          facts       what they are told beside a text
own         what is the author's own: name, block, addresses        signing     a last block that is a signature by its shape
variants    what was spelt, spaced or encoded, put back           spoken      numbers in words as digits: numerals
sequences   a text's sequences of characters, hashed                senses      what its words mean, whatever its language
network     what neighbours among these say together                packing     learned weights as text, read
likeness    how sensitive a letter is, by what was learned          language    in which language it is written
talk        which sentences only talk about labels, as well         learned     both, as they stand in files
believing   which findings of rules count by the first              detector    a rule over such signals
find        all of it for one view                                  examples    what must be found, and what must not
definition  config/policy/detectors/*.toml → all of it
"""
