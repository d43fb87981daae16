"""Run by the interpreter of .venv-peers, which has presidio-analyzer and not our package: every pattern recogniser it ships.

One JSON object a line on standard input, {"id", "language", "text"}; one on standard output, {"id", "entities": {type: score}, "elapsed_ms"}.
There is no model: the language engine that does nothing, as its documentation offers for recognisers that need none.
"""

import inspect
import json
import logging
import sys
import time

from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry, predefined_recognizers
from presidio_analyzer.nlp_engine import NoOpNlpEngine

_SCORE = 0.4  # what its recogniser of telephones gives without words around it


def main() -> None:
    """Answer every line."""
    logging.disable(logging.CRITICAL)
    engines: dict[str, AnalyzerEngine] = {}
    for line in sys.stdin:
        row = json.loads(line)
        language = row["language"]
        if language not in engines:
            engines[language] = _engine(language)
            engines[language].analyze(row["text"], language)  # what is made once is no message's own time
        started = time.perf_counter()
        found = engines[language].analyze(row["text"], language, score_threshold=_SCORE)
        elapsed = (time.perf_counter() - started) * 1000
        entities: dict[str, float] = {}
        for one in found:
            entities[one.entity_type] = max(one.score, entities.get(one.entity_type, 0.0))
        print(json.dumps({"id": row["id"], "entities": entities, "elapsed_ms": elapsed}), flush=True)


def _engine(language: str) -> AnalyzerEngine:
    known = [one for one in vars(predefined_recognizers).values() if inspect.isclass(one)]
    chosen = [one for one in known if issubclass(one, PatternRecognizer) or one.__name__ == "PhoneRecognizer"]
    registry = RecognizerRegistry(
        recognizers=[one(supported_language=language) for one in chosen], supported_languages=[language]
    )
    nlp = NoOpNlpEngine([{"lang_code": language, "model_name": "none"}])
    nlp.load()
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=[language])


if __name__ == "__main__":
    main()
