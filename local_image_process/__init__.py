"""Turn a photographer's folders into a published gallery.

The folders, in reading order:

model errors reasons settings values spelling calling machine logs files packed
             the nouns and the ground that everything stands on
source/      what lies in the library: listing folders, telling photos from litter, names,
             the user's album YAML, file events
image/       one photo's bytes: facts, renditions, in processes that may be killed
publish/     what leaves: objects in a store, the public JSON
places/      what a place is called: Gaode, Nominatim, or a list on this machine
record/      what we know: the catalogue, likes and stars, requests between processes
run/         the story: compare library and catalogue, carry out the difference, one leader
web/         what is asked of us over HTTP
"""

import gc

gc.set_threshold(50_000)  # not 700: a tenth of a start went into looking through what stays anyway

__version__ = "0.1.0"
