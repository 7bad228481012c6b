//! The fuzz targets' bodies over mutated fixtures: the same few thousand inputs in every run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::path::PathBuf;

#[path = "../fuzz/bodies.rs"]
mod bodies;

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// One to eight changes of the kinds that break parsers; none before `from`.
fn mutate(seed: &[u8], from: usize, random: &mut Random) -> Vec<u8> {
    let mut data = seed.to_vec();
    for _ in 0..=random.below(8) {
        let at = from + random.below(data.len().saturating_sub(from));
        let Some(byte) = data.get_mut(at) else {
            continue;
        };
        match random.below(6) {
            0 => *byte ^= 1 << random.below(8),
            1 => *byte = [0, 1, 3, 0x7F, 0x80, 0xFE, 0xFF][random.below(7)],
            2 => *byte = random.next() as u8,
            3 => data.insert(at, random.next() as u8),
            4 => drop(data.remove(at)),
            _ => data.truncate(at + random.below(64)),
        }
    }
    data
}

fn fixtures(folder: &str) -> Vec<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension != "json")
    });
    paths.sort();
    assert!(!paths.is_empty());
    paths
        .into_iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

fn run(rounds: usize, seeds: &[Vec<u8>], from: usize, body: fn(&[u8])) {
    let mut random = Random(rounds as u64);
    for round in 0..rounds {
        body(&mutate(&seeds[round % seeds.len()], from, &mut random));
    }
}

#[test]
fn mutated_connections_stay_within_their_bounds() {
    const HANDSHAKE: usize = 1 + 1 + 2 * 1536;
    let mut seeds = fixtures("rtmp");
    seeds.extend(fixtures("rtmp-synthetic"));
    for seed in &mut seeds {
        // The pieces' size; then the dialogue and some frames are enough.
        seed.insert(0, seed.len() as u8);
        seed.truncate(10_000);
    }
    run(1500, &seeds, HANDSHAKE, bodies::rtmp_connection);
    run(100, &seeds, 0, bodies::rtmp_connection);
}

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn records() -> Vec<Vec<u8>> {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/media/codec-records.json");
    let all: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    all.iter()
        .filter(|record| record["codec"] == "avc")
        .map(|record| hex(record["record"].as_str().unwrap()))
        .collect()
}

#[test]
fn mutated_amf_is_read_alike_twice() {
    let object =
        b"\x03\0\x01a\0\x40\0\0\0\0\0\0\0\0\x01b\x08\0\0\0\x01\0\x01c\x02\0\x02hi\0\0\x09\0\0\x09";
    let array = b"\x0a\0\0\0\x03\x05\x01\x01\x0b\0\0\0\0\0\0\0\0\0\0\x0c\0\0\0\x01x\x10\0\x01t\0\0\x09\x07\0\x01";
    let seeds = [
        [&b"\x02\0\x07connect"[..], object].concat(),
        array.to_vec(),
        [object, &array[..]].concat(),
    ];
    run(4000, &seeds, 0, bodies::amf0);
}

#[test]
fn mutated_flv_tags_and_files_are_survived() {
    let mut seeds: Vec<_> = fixtures("media")
        .into_iter()
        .filter(|file| file.starts_with(b"FLV"))
        .collect();
    seeds.iter_mut().for_each(|seed| seed.truncate(4000));
    let tags = [
        "1701000043aabb",
        "9161766331000043aabb",
        "9702000001016176633100000000aa",
        "96136176633101000001aa00000002bbcc",
        "95206d7034610000000121",
        "97ff01000361766331aa",
    ];
    seeds.extend(tags.map(hex));
    run(4000, &seeds, 0, bodies::flv_tag);
}

#[test]
fn mutated_records_and_pictures_are_survived() {
    let picture = hex("0000000209f0000000046588840000000003419a00");
    let seeds: Vec<_> = records()
        .into_iter()
        .map(|record| {
            let sps_and_pps = [&[0, 0, 0, 24][..], &record[8..32]].concat();
            [&[record.len() as u8][..], &record, &sps_and_pps, &picture].concat()
        })
        .collect();
    run(4000, &seeds, 0, bodies::avc);
}

#[test]
fn mutated_audio_configurations_are_survived() {
    let records = [
        "119056e500",
        "2b920800",
        "eb8a0800",
        "138856e5a54880",
        "17805dc010",
        "118004c8440020210000",
    ];
    run(4000, &records.map(hex), 0, bodies::aac);
}

#[test]
fn mutated_playlist_queries_are_survived() {
    let seeds = [
        "_HLS_msn=267&_HLS_part=4&_HLS_skip=YES",
        "plain=1&_HLS_msn=18446744073709551615",
        "_HLS_part=0&x&_HLS_msn=0&_HLS_skip=v2",
    ];
    let seeds = seeds.map(|seed| seed.as_bytes().to_vec());
    run(4000, &seeds, 0, bodies::hls_query);
}

#[test]
fn mutated_lists_of_networks_and_events_are_survived() {
    let seeds = [
        "bssid\n02:00:00:00:00:01\t2412\t-70\t[WPA2-PSK-CCMP][ESS]\tHome\n02:00:00:00:00:02\t5180\t-40\t[ESS]\tCaf\\xc3\\xa9 \\\"\n",
        "02:00:00:00:00:03\t2437\t-50\t[WPA2-EAP+SAE-CCMP][WEP]\t\\\\\\e\\n\\t\\x00\n",
        "<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"Home\" auth_failures=1 duration=10 reason=WRONG_KEY",
    ];
    let seeds = seeds.map(|seed| seed.as_bytes().to_vec());
    run(4000, &seeds, 0, bodies::wifi);
}

#[test]
fn mutated_questions_about_names_are_survived() {
    let seeds = [
        &b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07captive\x05apple\x03com\0\0\x01\0\x01"[..],
        &b"\0\x01\x01\x20\0\x01\0\0\0\0\0\x01\x01a\0\0\xff\0\x01\0\0\x29\x10\0\0\0\0\0\0\0"[..],
    ];
    run(4000, &seeds.map(<[u8]>::to_vec), 0, bodies::dns);
}
