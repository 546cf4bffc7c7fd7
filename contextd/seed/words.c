#include "contextd/seed/words.h"

#include "core/base/assert.h"

const struct tb_seed_person tb_seed_people[] = {
    {.name = "Ms Rivera",
     .since = "2023",
     .tier = "gold",
     .language = "en",
     .points = 2480,
     .benefits = {"10 % on stationery today", "Free gift wrap", "Parking ticket is free"},
     .open = "Pick-up ready, shelf B12",
     .do_not_ask = "E-mail already verified",
     .phone = "+49 30 23125 001",
     .email = "rivera@example.org"},
    {.name = "Mr Okafor",
     .since = "2024",
     .tier = "silver",
     .language = "en",
     .points = 740,
     .benefits = {"Free gift wrap"},
     .do_not_ask = "Newsletter declined",
     .phone = "+49 30 23125 002",
     .email = "okafor@example.org"},
    {.name = "Dr Lindqvist",
     .since = "2016",
     .tier = "platinum",
     .language = "en",
     .points = 5210,
     .benefits = {"Personal adviser on call", "Free delivery", "15 % on the birthday month"},
     .phone = "+49 30 23125 003",
     .email = "lindqvist@example.org",
     .notes = {"Wants invoices in the name of the institute"},
     .profiled = true},
    {.name = "Ms Tanaka",
     .since = "2026",
     .tier = "basic",
     .language = "en",
     .points = 120,
     .phone = "+49 30 23125 004",
     .email = "tanaka@example.org",
     .notes = {"Left-handed: show the left-handed pens", "Asks for a paper bag"},
     .profiled = true},
    {.name = "Mr Haddad",
     .since = "2021",
     .tier = "gold",
     .language = "fr",
     .points = 1905,
     .benefits = {"Free gift wrap", "Parking ticket is free"},
     .open = "Pick-up ready, shelf C03",
     .line_count = 4,
     .phone = "+49 30 23125 005",
     .email = "haddad@example.org"},
    {.name = "Familie Nováková",
     .since = "2019",
     .tier = "silver",
     .language = "de",
     .points = 1310,
     .benefits = {"Free gift wrap"},
     .open = "Return open: notebook A5",
     .line_count = 2,
     .phone = "+49 30 23125 006",
     .email = "novakova@example.org"},
};
const size_t tb_seed_people_count = TB_ARRAY_SIZE(tb_seed_people);

const struct tb_seed_clerk tb_seed_clerks[] = {
    {"kim", "Kim Berg", "000001"},
    {"lea", "Lea Martin", "000002"},
    {"sam", "Sam Ito", "000003"},
};
const size_t tb_seed_clerks_count = TB_ARRAY_SIZE(tb_seed_clerks);

const struct tb_seed_article tb_seed_articles[] = {
    {"Fountain pen", 3490, 150},
    {"Ink cartridges ×12", 980, 20},
    {"Notebook A5", 1200, 40},
    {"Eraser", 120, 10},
    {"Ballpoint pen", 250, 25},
    {"Pencil, pack of 6", 390, 15},
    {"Notebook A4", 1590, 45},
    {"Desk calendar", 1450, 30},
    {"Sticky notes", 320, 10},
    {"Ruler 30 cm", 210, 5},
    {"Scissors", 890, 35},
    {"Glue stick", 240, 10},
    {"Watercolour set", 2190, 120},
    {"Sketch pad A3", 1790, 60},
    {"Marker, chisel tip", 340, 15},
    {"Paper clips, box", 190, 5},
    {"Stapler", 1290, 55},
    {"Document folder", 450, 15},
    {"Pencil case", 1390, 70},
    {"Backpack", 5990, 300},
    {"Letter paper, 50 sheets", 990, 30},
    {"Gift wrap, 5 m", 590, 20},
    {"Greeting card", 350, 10},
    {"Desk lamp", 4490, 210},
    {"Photo album", 2490, 90},
};
const size_t tb_seed_articles_count = TB_ARRAY_SIZE(tb_seed_articles);

const char *const tb_seed_variants[] = {
    "blue",       "black",     "red",      "green",   "grey",      "white",     "yellow",  "orange",
    "violet",     "turquoise", "navy",     "olive",   "burgundy",  "mustard",   "teal",    "pink",
    "coral",      "sand",      "graphite", "ivory",   "copper",    "silver",    "emerald", "ruby",
    "sky blue",   "mint",      "lavender", "peach",   "chocolate", "amber",     "indigo",  "cyan",
    "lime",       "rose",      "plum",     "slate",   "pearl",     "bronze",    "moss",    "sapphire",
    "terracotta", "cream",     "charcoal", "apricot", "cobalt",    "forest",    "lilac",   "maroon",
    "ochre",      "petrol",    "scarlet",  "walnut",  "magenta",   "azure",     "jade",    "khaki",
    "linen",      "mocha",     "onyx",     "poppy",   "quartz",    "raspberry", "saffron", "tan",
    "umber",      "vanilla",   "wine",     "zinc",    "aqua",      "brick",     "clay",    "denim",
    "espresso",   "fern",      "ginger",   "honey",   "ink",       "jet",       "kiwi",    "lemon",
};
const size_t tb_seed_variants_count = TB_ARRAY_SIZE(tb_seed_variants);

const char *const tb_seed_titles[] = {"Ms", "Mr", "Ms", "Mr", "Mx", "Dr"};
const size_t tb_seed_titles_count = TB_ARRAY_SIZE(tb_seed_titles);

const char *const tb_seed_surnames[] = {
    "Almeida", "Becker",   "Costa",    "Dubois",    "Eriksen", "Fischer", "García",   "Hoffmann",
    "Ibrahim", "Jansen",   "Kowalski", "Laurent",   "Müller",  "Nguyen",  "Oliveira", "Petrov",
    "Quinn",   "Rossi",    "Schmidt",  "Takahashi", "Usman",   "Vogel",   "Weber",    "Yılmaz",
    "Zhang",   "Andersen", "Bauer",    "Chen",      "Díaz",    "Ekström", "Fontaine", "Greco",
    "Haas",    "Ivanov",   "Jung",     "Kaya",      "Lefèvre", "Meyer",   "Novak",    "O'Brien",
};
const size_t tb_seed_surnames_count = TB_ARRAY_SIZE(tb_seed_surnames);

const char *const tb_seed_surname_ends[] = {"",       "",        "-Adler", "-Brandt",
                                            "-Coste", "-Duarte", "-Engel", "-Falk"};
const size_t tb_seed_surname_ends_count = TB_ARRAY_SIZE(tb_seed_surname_ends);

const char *const tb_seed_languages[] = {"en", "en", "de", "fr", "es", "ar"};
const size_t tb_seed_languages_count = TB_ARRAY_SIZE(tb_seed_languages);

const char *const tb_seed_perks[] = {"Free gift wrap", "10 % on stationery today", "Parking ticket is free",
                                     "Free delivery", "Double points this week"};
const size_t tb_seed_perks_count = TB_ARRAY_SIZE(tb_seed_perks);
