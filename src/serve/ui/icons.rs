//! Inline icons: own drawings on a 24-unit grid, hidden from screen readers; the button carries the name.

macro_rules! icons {
    ($($name:ident: $paths:literal;)*) => {
        $(pub(super) const $name: &str = concat!(
            r#"<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">"#,
            $paths,
            "</svg>"
        );)*
    };
}

icons! {
    BRAND: r#"<path d="M3.5 21V11a8.5 8.5 0 0 1 17 0v10"/><path class="fill" d="M12 21c-2.6 0-4.2-1.6-4.2-3.9 0-2.9 2.9-3.7 3.5-7.1 2.7 1.7 4.9 4.1 4.9 7.1 0 2.3-1.6 3.9-4.2 3.900z"/>"#;
    CAMERA: r#"<path d="M4 7h10a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM15 10.500l6-3v9l-6-3"/>"#;
    PERSON: r#"<path d="M5 20a7 7 0 0 1 14 0M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8z"/>"#;
    WATCHING: r#"<path d="M3.5 19a5.5 5.5 0 0 1 11 0M9 11.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM16 4.800a3.5 3.5 0 0 1 0 6.400M18 14.200a5.5 5.5 0 0 1 2.6 4.8"/>"#;
    EYE: r#"<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><path d="M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"/>"#;
    COPY: r#"<path d="M9 8h10a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1zM16 8V4a1 1 0 0 0-1-1H5a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h3"/>"#;
    AGAIN: r#"<path d="M20 5v5h-5M4 19v-5h5M19.4 10A8 8 0 0 0 5.6 7.500L4.5 9M4.6 14a8 8 0 0 0 13.8 2.500l1.1-1.5"/>"#;
    ALERT: r#"<path d="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.500v5.500M12 16.200v.1"/>"#;
    WARN: r#"<path d="M12 4L2.8 20h18.400zM12 10v4.500M12 17.300v.1"/>"#;
    CLOCK: r#"<path d="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2"/>"#;
    OK: r#"<path d="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.200l2.8 2.800L16 9.5"/>"#;
    HEART: r#"<path d="M12 20s-8-4.9-8-10.600A4.4 4.4 0 0 1 12 7a4.4 4.4 0 0 1 8 2.400C20 15.1 12 20 12 20z"/>"#;
    HEART_FULL: r#"<path class="fill" d="M12 21s-9-5.2-9-11.600A5.4 5.4 0 0 1 12 6a5.4 5.4 0 0 1 9 3.400C21 15.8 12 21 12 21z"/>"#;
    SEARCH: r#"<path d="M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.500L20 20"/>"#;
    COMMENT: r#"<path d="M4 5h16v11H10l-4.5 4v-4H4z"/>"#;
    PIP: r#"<path d="M21 11V6a1 1 0 0 0-1-1H4a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h6"/><path class="fill" d="M13 14h8v5.500h-8z"/>"#;
    AIRPLAY: r#"<path d="M6 17H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-2"/><path class="fill" d="M12 14l5 6H7z"/>"#;
    SEND: r#"<path d="M4 12l16-7-5 16-3.5-6.500zM11.5 14.500L20 5"/>"#;
    MORE: r#"<path class="fill" d="M5 10.2a1.800 1.800 0 1 1 0 3.600 1.800 1.800 0 0 1 0-3.600zM12 10.2a1.800 1.800 0 1 1 0 3.600 1.800 1.800 0 0 1 0-3.600zM19 10.2a1.800 1.800 0 1 1 0 3.600 1.800 1.800 0 0 1 0-3.600z"/>"#;
    DOWN: r#"<path d="M5 9l7 7 7-7"/>"#;
    BACK: r#"<path d="M14.5 5L7.5 12l7 7"/>"#;
    PLAY: r#"<path class="fill" d="M7 4l13 8-13 8z"/>"#;
    PAUSE: r#"<path class="fill" d="M6 4h4v16H6zM14 4h4v16h-4z"/>"#;
    SOUND: r#"<path d="M4 9.500v5h3.500L12 18.500v-13L7.5 9.500zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11"/>"#;
    SILENT: r#"<path d="M4 9.500v5h3.500L12 18.500v-13L7.5 9.500zM16 9.500l5 5M21 9.500l-5 5"/>"#;
    LINK: r#"<path d="M10 14a4 4 0 0 0 5.7 0l3.5-3.500a4 4 0 0 0-5.7-5.700L12.5 5.800M14 10a4 4 0 0 0-5.7 0l-3.5 3.500a4 4 0 0 0 5.7 5.700l1-1"/>"#;
    BOLT: r#"<path d="M13 3L5 14h6l-1 7 8-11h-6z"/>"#;
    WIFI: r#"<path d="M3 9.500a13 13 0 0 1 18 0M6 13a8.5 8.5 0 0 1 12 0M9 16.500a4.2 4.2 0 0 1 6 0M12 20v.1"/>"#;
    WIFI_GOOD: r#"<path d="M6 13a8.5 8.5 0 0 1 12 0M9 16.500a4.2 4.2 0 0 1 6 0M12 20v.1"/>"#;
    WIFI_WEAK: r#"<path d="M9 16.500a4.2 4.2 0 0 1 6 0M12 20v.1"/>"#;
    CLOSE: r#"<path d="M6 6l12 12M18 6L6 18"/>"#;
    FULL: r#"<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>"#;
}

/// The hearth with its fire burning.
pub(super) const HEARTH: &str = r#"<svg class="hearth" viewBox="0 0 176 120" aria-hidden="true" focusable="false"><path class="stone" d="M20 116V60a68 52 0 0 1 136 0v56M4 116h168"/><path class="coal" d="M48 114c4-14 18-18 30-12 8-12 28-10 34 2 10-4 18 2 20 10z"/><path class="glow" d="M88 112c-19 0-29-10-29-24 0-18 20-24 24-46 19 11 34 27 34 46 0 14-10 24-29 24z"/></svg>"#;
/// The hearth with embers only.
pub(super) const EMBERS: &str = r#"<svg class="hearth" viewBox="0 0 176 120" aria-hidden="true" focusable="false"><path class="stone" d="M20 116V60a68 52 0 0 1 136 0v56M4 116h168"/><path class="coal" d="M48 114c4-14 18-18 30-12 8-12 28-10 34 2 10-4 18 2 20 10z"/><path class="glow" d="M74 112c2-8 8-12 8-20 8 4 14 12 14 20zM104 112c0-5 4-7 5-11 4 3 6 7 6 11zM56 112c1-4 3-5 4-8 4 2 6 5 6 8z"/></svg>"#;
