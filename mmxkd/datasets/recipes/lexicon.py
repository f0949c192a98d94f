"""The closed lexicon of the default extractor: what cooks do, and the small words around it."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Imperatives of recipes.
VERBS = _words(
    """
    add adjust allow apply arrange assemble bake barbecue baste beat blanch blend boil bread break bring broil brown brush butter
    carve char check chill chop churn clean close coat combine cook cool core cover cream crack crimp crumble crush cube
    cut debone decorate deep-fry defrost deglaze dice dip discard dissolve distribute divide dot drain draw dredge drizzle drop dry dust
    empty fill fillet finish flatten flip flour fluff fold freeze frost fry garnish glaze grate grease grill grind halve heat hull
    incorporate insert julienne jump keep knead ladle lay layer leap leave level lift light line lower make marinate mash measure melt
    microwave mince mix moisten mound mount oil open pack pat peel pick pierce pinch pipe pit place plate poach pop pound pour
    prepare preheat press prick process pull pulse puree push put quarter raise reduce refrigerate reheat remove repeat reserve
    return rinse roast roll rotate rub salt sauté saute save scald scatter scoop score scrape scrub seal sear season separate serve
    set shake shape shell shove shred shuck sieve sift simmer sink skewer skim skin slice slide smash smooth soak soften spoon spray
    spread sprinkle squeeze stack steam steep stew stir stir-fry store strain stretch stuff submerge substitute swing swirl take taste
    tear temper tenderize thaw thicken thin throw tie tilt tip toast top toss transfer trim truss turn twist unmold unroll unwrap
    use warm wash weigh wet whip whisk wipe work wrap zest
    """
)

#: Verbs that are as often nouns; after a conjunction they are verbs only if what follows is no second noun.
NOUN_LIKE = _words(
    """
    barbecue bread brush butter char coat core cover cream cube dice dip drizzle drop dust finish flour frost garnish glaze grill
    heat ladle layer light line marinate measure mix oil pack peel pick pinch pit plate pop process pulse puree quarter roast roll
    salt sauce score season serve shell skewer skin slice spoon spray spread steam stew stuff taste tie tip toast top toss turn
    twist wash whip wrap zest
    """
)

#: Those of them that go into a dish: in front of a preposition they are more likely its parts ("sugar and salt in a bowl").
INGREDIENT_LIKE = _words("bread butter cream flour oil peel salt sauce zest")

#: What a noun phrase that tells a duration ends with.
TIME_UNITS = _words("second seconds minute minutes min mins hour hours hr hrs day days")

#: Verbs the published extraction drops, too.
STOPPED = _words("allow keep leave make repeat serve use")

#: What may follow a verb and belongs to it.
PARTICLES = _words("in up off on out down together aside over away back through")

DETERMINERS = _words(
    """
    a an the this that these those each every all both half some any your my its their another any remaining remaining it them one
    two three four five six seven eight nine ten twelve
    """
)

PREPOSITIONS = _words(
    """
    about above across after against along among around as at before behind below beneath beside between by during except for from
    in inside into near off on onto out outside over per through throughout to toward towards under up upon using via with within
    without
    """
)

CONJUNCTIONS = _words("and or then but & plus")

#: Words that open a clause in which nothing is ordered.
SUBORDINATORS = _words("until till when while if once as because since so that unless before after which where to although though")

ADVERBS = _words(
    """
    again almost also always aside away back carefully constantly continuously down evenly fast finely first freshly frequently
    generously gently gradually immediately just lightly loosely next now occasionally once often only quickly quite roughly
    separately slightly slowly soon still thickly thinly thoroughly tightly together too twice very well finally meanwhile otherwise
    thereafter afterwards
    """
)

NEGATIONS = _words("not don't never dont")
