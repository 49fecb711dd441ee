"""Everyday forms of given names and the formal name they stand for. Pure; English, Spanish, German and Italian ones.

A short form that stands for several names (Alex, Sam, Chris) leads to one of them: it only says "may be the same".
"""

import re

_TEXT = """
alexander: alex alec sandy xander alexandra alexandria sasha alejandro sandro lex
andrew: andy drew andreas andre
anthony: tony toni antonio anton
barbara: barb barbie babs
benjamin: ben benny benji
bradley: brad
catherine: cathy kathy kate katie katherine kathryn cath kat kit kitty katharine kathleen kay catalina caterina
charles: charlie chuck chas charley carlos karl carl
christopher: chris kit topher christian christoph kristopher cristobal
christine: christina chrissy tina kristin kristina kristine christa
daniel: dan danny dani
david: dave davy davey
deborah: deb debbie debra debby
dominic: dom nick
donald: don donnie donny
dorothy: dot dottie dolly
edward: ed eddie ted ned teddy edgar eduardo edwin
eleanor: ellie nell nora lenore elle elinor
elizabeth: liz lizzie beth betty eliza elisabeth libby lisa betsy bess elsie elspeth lizbeth isabel isabella
    isabelle bella elisabetta liza
emily: em emmy emilia millie
emma: em
eugene: gene
florence: flo florrie
frances: fran frannie
francis: frank frankie francisco francesco franz paco pancho
frederick: fred freddie freddy fritz federico
gabriel: gabe
geoffrey: geoff jeff jeffrey jeffery
george: georgie jorge giorgio
gerald: gerry jerry gerard
gregory: greg gregg
harold: harry hal
henry: harry hank heinrich enrique hal
isaac: ike zac
jacob: jake jakob
jacqueline: jackie jacqui jacquie
james: jim jimmy jamie jem diego jimmie
janet: jan
jennifer: jen jenny jenni jenna
jessica: jess jessie
john: jack johnny jon johnnie juan giovanni johann hans ian
jonathan: jonny jon jonathon nathan
joseph: joe joey jose giuseppe josef pepe
joshua: josh
judith: judy jude
julie: julia jules juliet
kenneth: ken kenny
kimberly: kim kimberley
lawrence: larry laurie laurence lorenzo
leonard: len lenny leo
louis: lou louie luis lewis
louise: lou
madeleine: maddie maddy madeline madelyn madison
margaret: maggie meg peggy marge margie greta rita daisy peg mags margarita margot
martin: marty
mary: molly polly maria marie mae may mamie
matthew: matt matty mateo matthias
melissa: mel missy
michael: mike mick mickey micky mikey miguel michele mitch
mitchell: mitch
nathaniel: nat nate
nicholas: nick nicky nico nicolas klaus nikolas
nicola: nicky nic nicole nikki
oliver: ollie olly
olivia: liv livvy
pamela: pam
patricia: pat patty trish tricia patsy patti
patrick: pat paddy pat
paul: pablo paolo
peter: pete pedro pietro
philip: phil phillip pip felipe
rachel: rach rachael
raymond: ray
rebecca: becky becca bec rebekah becks
richard: rick dick rich ricky richie ricardo dickie
robert: bob rob bobby robbie bert roberto rupert robb bobbie
roger: rodge
ronald: ron ronnie ronny
rosemary: rose rosie
samuel: sam sammy
samantha: sam sammie
sarah: sally sara sadie
sebastian: seb bastian
sophia: sophie sofia soph
stephanie: steph stef stefanie
stephen: steve steven stevie stefan esteban ste
susan: sue susie suzie suzanne susanna susannah
teresa: terry theresa tess tessa
terence: terry terrence
theodore: ted theo teddy
thomas: tom tommy tomas
timothy: tim timmy
valerie: val
victoria: vicky vicki tori vic
vincent: vince vinnie vinny
virginia: ginny ginger
walter: walt wally
william: bill will billy willy liam wilhelm guillermo willie
zachary: zach zac zack
"""
_FORMS = {
    formal: forms.split() for formal, forms in re.findall(r"^(\w+): (.*(?:\n    .*)*)", _TEXT, flags=re.MULTILINE)
}
_FORMAL = {form: formal for formal, forms in reversed(_FORMS.items()) for form in forms}


def formal_name(given: str) -> str:
    """Return the name that an everyday form stands for, else the name itself."""
    first = given.split(" ", maxsplit=1)[0]
    return first if first in _FORMS else _FORMAL.get(first, first)
