"""The modelling language: variables, timers, actions, systems, temporal operators."""
