# Long puppet videos of which a quarter is annotated: 50 of the 200 training videos ('fit'); the other 150 ('held_out') choose settings.
_table = dict(
    type="RulstmTable",
    root="data/puppet_long/annotations",
    verbs="EPIC_verb_classes.csv",
    nouns="EPIC_noun_classes.csv",
    held_out=0.75,
)
# Seconds from the end of what is seen, and known, to the action: most actions follow each other after 0.2 to 0.5 s.
_tau_a = 0.2
