"""What is said in the invented recordings: sentences with gaps, what fills the gaps, and what sounds alike."""

from __future__ import annotations

import re

import numpy as np

from sample_data.draws import pick

MEDICINES = [
    "amlodipine", "metformin", "ramipril", "atorvastatin", "omeprazole", "warfarin", "salbutamol", "sertraline",
    "levothyroxine", "paracetamol", "hydroxyzine", "clonazepam", "metoprolol",
]  # fmt: skip
NUMBERS = ["two", "three", "five", "six", "eight", "ten", "twelve", "fifteen", "twenty", "forty"]
NAMES = ["Okafor", "Kowalski", "Campbell", "Sharma", "Reyes", "Nguyen", "Griffiths", "Bennett"]
FEW = ["two", "three", "five", "six", "eight", "ten"]  # hours, litres
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
PLACES = ["Leeds", "Aberdeen", "Swansea", "Bristol", "Glasgow", "Norwich"]

# These are confused with the word beside them half of the time, by both systems and whoever speaks.
HARD = {"hydroxyzine": "hydralazine", "clonazepam": "clonidine", "fifteen": "fifty", "nguyen": "win"}

CALL_CENTRE = [
    "Good morning, this is {name} calling about my order of {medicine}.",
    "I ordered {number} packs of {medicine} last {day} and nothing came.",
    "Could you send the parcel to my sister in {place} instead?",
    "My doctor changed the dose to {number} milligrams a day.",
    "The box says {number} tablets but there were only {number} inside.",
    "I need a repeat of my {medicine} before {day}, please.",
    "Can I take {medicine} together with {medicine}?",
    "The driver left it at the wrong house in {place}.",
    "I have moved, my new address is {number} Station Road in {place}.",
    "Yes, please put me through to {name} in the billing team.",
    "You charged my card twice for the same order on {day}.",
    "How long will the delivery to {place} take this week?",
    "I would like to cancel the order and get my money back.",
    "My daughter will collect the {medicine} on {day} at {few}.",
    "The pharmacy in {place} has no {medicine} left until {day}.",
    "I was told that someone would call me back within {few} hours.",
    "It is for my blood pressure, I take {few} every morning.",
    "Please spell the name for me, was that {name} or {name}?",
    "No, I never had a letter about the price going up.",
    "The leaflet is too small to read, can you tell me what it says?",
    "I have felt dizzy since I started on the new tablets.",
    "Thank you, that is all I wanted to know today.",
    "Yes, {name}.",
    "No, thank you, {name}.",
    "It is {number}, {number}, {few}.",
    "Yes, I have {number} here.",
    "When I called you on {day} I was told that the {medicine} would be here by {day}, and it is still not here.",
    "I take {number} milligrams of {medicine} in the morning and {number} at night, and the label says something else.",
]
WARD = [
    "Bed {number}, patient {name}, slept well and ate all of his breakfast.",
    "Patient {name} had {number} milligrams of {medicine} at {few} this morning.",
    "Blood pressure is stable, please check again in {few} hours.",
    "Stop the {medicine} and start {medicine} from {day}.",
    "She says the pain is {few} out of ten when she coughs.",
    "Wound on the left leg is clean and dry, new dressing on {day}.",
    "Please call the family of {name} before the round on {day}.",
    "Bed {number} is waiting for a scan and must not eat or drink.",
    "No known allergies, takes {medicine} at home for years.",
    "Temperature went up to thirty eight at {few} last night.",
    "Patient {name} walked {number} steps to the door with a frame.",
    "The drip in bed {number} has run out, change the bag, please.",
    "Give {medicine} {number} milligrams twice a day with food.",
    "Doctor {name} has seen her and wants blood taken on {day}.",
    "He is short of breath, oxygen was turned up to {few} litres.",
    "Discharge is planned for {day}, letter to the practice is ready.",
    "Do not give {medicine}, her heart rate is too low today.",
    "Bed {number} is ready.",
    "Stop the {medicine} now.",
    "No change in bed {number}.",
    "Patient {name} came back from the scan at {few}, she is awake and stable, and may eat and drink as before.",
    "Handover for bed {number}, stable and no change since noon.",
]

# Word pairs and triples that a recogniser takes for one another.
_ALIKE = """
before for | last lost | today to | nothing something | doctor actor | house how | station nation | patient patience
letter better | small smell | please peas | yes yet | me be | calling falling | morning warning | delivery livery
order border | billing building | driver river | family familiar | stable table | awake wake | label table
else less | may my | something some | by my | dizzy busy | started stated | wound wind | dressing dress | oxygen ox
breath bread | handover hangover | allergies energies | waiting weighting | this the | moved move | cancel council
money many | pharmacy farmers | two too | to do | for far | eight ate | ten then | six sick | five fine | three free
twenty plenty | twelve shelf | forty fourteen | week weak | take taken | card cart | road rode | came game
send sent | packs backs | dose those | day they | box fox | need knead | repeat repeal | wrong long | left lift
new knew | read red | price prize | would wood | know no | no now | name same | team time | told cold | call tall
back bag | hours ours | all old | can ken | will well | bed bad | slept slipped | pain pane | clean green | dry try
leg lag | heart hard | rate late | drip trip | door floor | food foot | blood flood | scan can | steps stops
seen scene | wants once | low slow | bag back | is his | it eat | and end | the a | a the | in on | on in | at that
my by | i eye | was were | of off | has as | had hat | her here | she he | he she | with which | you your
tablets tables | milligrams millions | address dress | sister system | parcel partial | amlodipine amlodipin
metformin metaphor | ramipril rampart | warfarin warfare | omeprazole emerald | atorvastatin avastin
salbutamol salute | sertraline certain | levothyroxine leverage | paracetamol parasol | metoprolol metropolis
okafor oksana | kowalski koala | campbell camel | sharma shower | reyes raise | griffiths griffin | bennett bonnet
monday sunday | tuesday thursday | wednesday wednesdays | thursday tuesday | friday fridays | saturday saturdays
leeds leads | aberdeen abilene | swansea swanky | bristol bristle | glasgow glass | norwich porridge | about out
again gain | breakfast fast | but put | change chain | changed chained | charged charge | check cheque | coughs cups
could good | daughter doctor | discharge this | do due | drink drunk | eat heat | every very | felt fell
frame fame | from form | get got | give live | going go | good could | have of | his is | home hum | inside side
known none | leaflet leave | like light | litres letters | must most | never ever | night light | noon moon
not knot | only lonely | or are | ordered offered | out about | planned plant | pressure pleasure | put but
ready already | round ground | run ran | same some | says said | short shirt | since sins | someone some
spell smell | start star | stop top | taken taking | takes take | tell till | thank tank | that what | there where
thirty thirteen | through threw | too two | turned turn | twice wise | until still | up cup | walked worked
wanted wasted | well wall | went when | were where | what that | when then | within with | years ears
collect correct | together gather | temperature temper | instead in | practice practise | ate hate | how who
long lung | as has | be me | called cold | here hear | now no | still until
"""
ALIKE = dict(pair.split() for pair in re.split(r"[|\n]", _ALIKE) if pair.strip()) | HARD

# What is heard where nothing was said.
INVENTED = ["um", "uh", "okay", "so", "like", "right", "yeah", "well", "hello", "thanks"]


def say(draw: np.random.RandomState, sentences: list[str]) -> str:
    """Draw a sentence and fill its gaps."""
    fillers = {"medicine": MEDICINES, "number": NUMBERS, "few": FEW, "name": NAMES, "day": DAYS, "place": PLACES}
    sentence = pick(draw, sentences)
    while gap := re.search(r"{(\w+)}", sentence):
        unsaid = [word for word in fillers[gap[1]] if word not in sentence]
        sentence = sentence.replace(gap[0], pick(draw, unsaid), 1)
    return sentence


def mishear(word: str) -> str:
    """Return what is heard in place of a word in lower case: what sounds alike, else a wrong ending."""
    if word in ALIKE:
        return ALIKE[word]
    return word.removesuffix("s") if word.endswith("s") else word + "s"


def list_terms(sentences: list[str]) -> list[str]:
    """The words that matter most in these sentences: medicines, names, numbers, and days or places where they occur."""
    text = " ".join(sentences)
    more = {"{day}": DAYS, "{place}": PLACES}
    return [*MEDICINES, *NAMES, *NUMBERS, *(word for gap, words in more.items() if gap in text for word in words)]
