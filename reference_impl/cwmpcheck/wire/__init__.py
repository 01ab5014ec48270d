"""CWMP messages as SOAP envelopes: a lenient reader and a strict writer."""
