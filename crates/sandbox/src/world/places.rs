//! Countries: how many of the people live there, what they are called, how they write phone numbers and companies.

use super::draw::Draw;
use std::sync::LazyLock;

/// A country.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Country {
    pub(super) name: &'static str,
    /// Which names are usual.
    pub(super) tongue: &'static str,
    /// How many people live there, compared with other countries.
    weight: usize,
    /// What one dials to call there.
    pub(super) code: &'static str,
    /// What is put before a number inside the country.
    pub(super) trunk: &'static str,
    /// Numbers without either; `#` is any digit. Reserved for fiction where the country has such a range, otherwise
    /// written with 555, which few countries give out. Larger casts keep the area code alone. Nothing ever calls them.
    pub(super) lines: &'static [&'static str],
    pub(super) cities: &'static [&'static str],
    /// How companies sign; `{}` is the name.
    pub(super) forms: &'static [&'static str],
}

static BY_WEIGHT: LazyLock<Vec<usize>> = LazyLock::new(|| {
    COUNTRIES.iter().enumerate().flat_map(|(index, country)| vec![index; country.weight]).collect()
});

/// Number of a country, the larger ones more often.
pub(super) fn any(draw: &mut Draw) -> usize {
    *draw.pick(&BY_WEIGHT)
}

macro_rules! countries {
    ($($name:literal $tongue:literal $weight:literal, $code:literal $trunk:literal $lines:expr, $cities:expr, $forms:expr;)*) => {
        /// All of them.
        pub(super) const COUNTRIES: &[Country] = &[$(Country {
            name: $name, tongue: $tongue, weight: $weight, code: $code, trunk: $trunk,
            lines: &$lines, cities: &$cities, forms: &$forms,
        }),*];
    };
}

countries! {
    "United States" "english" 11, "1" "" ["212 555 01##", "415 555 01##", "312 555 01##", "617 555 01##"],
        ["New York", "San Francisco", "Chicago", "Boston", "Cañon City"], ["{} Inc.", "{} LLC", "{}, Inc.", "{}"];
    "Canada" "english" 3, "1" "" ["416 555 01##", "604 555 01##", "514 555 01##"],
        ["Toronto", "Vancouver", "Montréal", "Trois-Rivières"], ["{} Ltd.", "{} Inc."];
    "United Kingdom" "english" 8, "44" "0" ["20 7946 0###", "161 496 0###", "131 496 0###", "7700 900###"],
        ["London", "Manchester", "Edinburgh", "Stoke-on-Trent"], ["{} Ltd", "{} Limited", "{} plc", "{}"];
    "Ireland" "irish" 3, "353" "0" ["20 91# ####"], ["Dublin", "Cork", "Dún Laoghaire"], ["{} Ltd", "{} DAC"];
    "Australia" "english" 3, "61" "0" ["2 5550 ####", "3 5550 ####", "7 5550 ####", "491 570 156", "491 570 157"],
        ["Sydney", "Melbourne", "Brisbane"], ["{} Pty Ltd"];
    "Germany" "german" 7, "49" "0" ["30 23125 ###", "69 90009 ###", "40 66969 ###", "89 99998 ###", "171 39200 ##"],
        ["Berlin", "München", "Köln", "Frankfurt am Main", "Görlitz"], ["{} GmbH", "{} AG", "{} GmbH & Co. KG", "{} e.K."];
    "Austria" "german" 2, "43" "0" ["1 555 01 ##", "662 555 01 ##"], ["Wien", "Salzburg", "St. Pölten"], ["{} GmbH"];
    "Switzerland" "german" 2, "41" "0" ["44 555 01 ##", "22 555 01 ##"], ["Zürich", "Genève", "Bern"], ["{} AG", "{} Sàrl"];
    "France" "french" 5, "33" "0" ["1 99 00 ## ##", "2 61 91 ## ##", "4 65 71 ## ##", "6 39 98 ## ##"],
        ["Paris", "Lyon", "Orléans", "L'Haÿ-les-Roses"], ["{} SARL", "{} S.A.", "{} SAS"];
    "Belgium" "french" 1, "32" "0" ["2 555 01 ##"], ["Bruxelles", "Liège"], ["{} SA", "{} SRL"];
    "Netherlands" "dutch" 3, "31" "0" ["20 555 01##", "10 555 01##"], ["Amsterdam", "'s-Hertogenbosch", "Rotterdam"],
        ["{} B.V.", "{} N.V."];
    "Spain" "spanish" 4, "34" "" ["91 555 01 ##", "93 555 01 ##"], ["Madrid", "Málaga", "A Coruña"], ["{} S.L.", "{} S.A."];
    "Mexico" "spanish" 3, "52" "" ["55 5550 01##", "33 5550 01##"], ["Ciudad de México", "León", "Mérida"],
        ["{} S.A. de C.V."];
    "Brazil" "portuguese" 4, "55" "" ["11 95550 01##", "21 95550 01##"], ["São Paulo", "Goiânia", "Niterói"], ["{} Ltda.", "{} S/A"];
    "Portugal" "portuguese" 1, "351" "" ["21 555 01##"], ["Lisboa", "Évora"], ["{} Lda."];
    "Italy" "italian" 4, "39" "" ["06 555 01##", "02 555 01##"], ["Roma", "Milano", "Forlì"], ["{} S.r.l.", "{} S.p.A."];
    "Sweden" "nordic" 2, "46" "0" ["8 465 004 ##", "31 390 06 ##", "40 628 04 ##", "70 174 06 3#"],
        ["Stockholm", "Göteborg", "Malmö"], ["{} AB"];
    "Norway" "nordic" 1, "47" "" ["55 50 01 ##"], ["Oslo", "Tromsø"], ["{} AS"];
    "Denmark" "nordic" 2, "45" "" ["55 50 01 ##"], ["København", "Århus"], ["{} A/S", "{} ApS"];
    "Iceland" "icelandic" 1, "354" "" ["555 01##"], ["Reykjavík", "Akureyri"], ["{} ehf."];
    "Poland" "polish" 3, "48" "" ["22 555 01 ##", "12 555 01 ##"], ["Kraków", "Łódź", "Warszawa"], ["{} sp. z o.o.", "{} S.A."];
    "Czechia" "czech" 2, "420" "" ["255 550 1##"], ["Praha", "Plzeň"], ["{} s.r.o.", "{} a.s."];
    "Türkiye" "turkish" 3, "90" "0" ["212 555 01 ##", "312 555 01 ##"], ["İstanbul", "Iğdır", "Eskişehir"], ["{} A.Ş.", "{} Ltd. Şti."];
    "Vietnam" "vietnamese" 3, "84" "0" ["24 5550 01##", "28 5550 01##"], ["Hà Nội", "Đà Nẵng", "Huế"], ["Công ty TNHH {}"];
    "Ukraine" "ukrainian" 3, "380" "0" ["44 555 01 ##", "32 555 01 ##"], ["Київ", "Львів", "Odesa"], ["ТОВ «{}»", "{} LLC"];
    "Bulgaria" "bulgarian" 3, "359" "0" ["2 555 01##"], ["София", "Пловдив"], ["{} ЕООД", "{} AD"];
    "Greece" "greek" 3, "30" "" ["210 555 01##"], ["Αθήνα", "Θεσσαλονίκη", "Patras"], ["{} Α.Ε.", "{} ΕΠΕ"];
    "Egypt" "arabic" 3, "20" "0" ["2 2555 01##", "3 555 01##"], ["القاهرة", "Alexandria"], ["شركة {}", "{} S.A.E."];
    "Jordan" "arabic" 1, "962" "0" ["6 555 01##"], ["عمّان", "Irbid"], ["{} LLC"];
    "Israel" "hebrew" 3, "972" "0" ["3 555 01##", "2 555 01##"], ["תל אביב-יפו", "Haifa", "ירושלים"], ["{} בע\"מ", "{} Ltd"];
    "India" "hindi" 6, "91" "0" ["22 5550 01##", "80 5550 01##", "55501 #####"], ["मुंबई", "Bengaluru", "Delhi"],
        ["{} Pvt. Ltd.", "{} प्रा. लि."];
    "China" "chinese" 5, "86" "0" ["10 5550 01##", "21 5550 01##"], ["北京", "上海", "Shenzhen"], ["{}有限公司", "{} Co., Ltd."];
    "Japan" "japanese" 4, "81" "0" ["3 5550 01##", "6 5550 01##"], ["東京", "大阪", "Sapporo"], ["株式会社{}", "{}合同会社", "{} K.K."];
    "South Korea" "korean" 3, "82" "0" ["2 555 01##", "51 555 01##"], ["서울", "Busan"], ["주식회사 {}", "(주){}"];
    "Thailand" "thai" 3, "66" "0" ["2 555 01##"], ["กรุงเทพมหานคร", "Chiang Mai"], ["บริษัท {} จำกัด"];
    "Indonesia" "indonesian" 2, "62" "0" ["21 555 01##"], ["Jakarta", "Surabaya"], ["PT {}", "CV {}"];
}
