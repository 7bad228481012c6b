//! Every word that pages say, in both languages side by side. `{name}` and the like are filled in by [`fill`].

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Chinese,
}

impl Language {
    /// The tag for `lang` attributes.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-CN",
        }
    }

    /// The language of a `lang` parameter or cookie.
    pub(super) fn named(name: &str) -> Option<Language> {
        match name {
            "en" => Some(Language::English),
            "zh" | "zh-CN" => Some(Language::Chinese),
            _ => None,
        }
    }

    /// The first language of an Accept-Language header that the pages have, by weight; English if none.
    pub(super) fn accepted(header: &str) -> Language {
        let mut best = (0u32, Language::English);
        for choice in header.split(',').take(20) {
            let (tag, rest) = choice.split_once(';').unwrap_or((choice, ""));
            let language = match tag.trim().split('-').next().unwrap_or_default() {
                zh if zh.eq_ignore_ascii_case("zh") => Language::Chinese,
                en if en.eq_ignore_ascii_case("en") => Language::English,
                _ => continue,
            };
            let weight = weight(rest.trim());
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    pub(super) fn words(self) -> &'static Words {
        Words::of(self)
    }
}

/// `q=0.8` in thousandths; 1000 if it is not given, 0 if it can't be read.
fn weight(parameter: &str) -> u32 {
    let Some(value) = parameter.strip_prefix("q=") else {
        return 1000;
    };
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let digits = part.chars().chain("000".chars()).take(3);
    let number: String = whole.chars().chain(digits).collect();
    number.parse().map_or(0, |n: u32| n.min(1000))
}

/// Puts values into a sentence: `{name}` becomes what is given for `name`.
pub(super) fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (key, tail) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(k, _)| *k == key);
        text.push_str(value.map_or("", |(_, v)| v));
        rest = tail;
    }
    text.push_str(rest);
    text
}

macro_rules! words {
    ($($name:ident: $english:literal, $chinese:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub(in crate::serve::ui) struct Words {
            $(pub(in crate::serve::ui) $name: &'static str,)*
        }

        static ENGLISH: Words = Words { $($name: $english,)* };
        static CHINESE: Words = Words { $($name: $chinese,)* };

        impl Words {
            /// Those of a language.
            pub(in crate::serve::ui) fn of(language: $crate::serve::ui::words::Language) -> &'static Words {
                match language {
                    $crate::serve::ui::words::Language::English => &ENGLISH,
                    $crate::serve::ui::words::Language::Chinese => &CHINESE,
                }
            }
        }

        #[cfg(test)]
        mod all {
            #[test]
            fn both_languages_say_everything_with_the_same_blanks() {
                $crate::serve::ui::words::check(&[$((stringify!($name), $english, $chinese),)*]);
            }
        }
    };
}

pub(super) mod accounts;
pub(super) mod channels;
pub(super) mod doctor;
pub(super) mod encoders;
pub(super) mod first_run;
pub(super) mod house;
pub(super) mod tv;
pub(super) mod update;
pub(super) mod wifi;

words! {
    // Everywhere.
    skip: "Skip to the content", "跳到正文";
    home: "Home", "首页";
    you: "You", "我的";
    go_live: "Go live", "开播";
    log_in: "Log in", "登录";
    log_out: "Log out", "退出登录";
    account_of: "{name}, your account", "{name}，我的账户";
    live: "Live", "直播";
    live_now: "Live now", "正在直播";
    off_air: "Off air", "未开播";
    watching: "watching", "人在看";
    minutes: "{m} min", "{m} 分钟";
    hours: "{h} h {m} min", "{h} 小时 {m} 分钟";
    live_for: "Live {time}", "直播 {time}";
    back: "Back", "返回";
    try_now: "Try now", "立即重试";
    copied: "Copied", "已复制";
    ago_now: "just now", "刚刚";
    ago_minutes: "{m} min ago", "{m} 分钟前";

    // Home.
    no_owner: "This box has no owner yet.", "这个盒子还没有主人。";
    set_up: "Make the owner’s account", "创建主人账户";
    quiet: "It is quiet here", "现在很安静";
    quiet_more: "Nobody is live. When somebody starts, the picture appears here by itself.", "还没有人开播。有人开播时，画面会自动出现在这里。";
    gone: "The box does not answer", "盒子没有回应";
    gone_more: "This page tries again by itself. Is the box switched on and on your network?", "页面会自动重试。请看看盒子是否通电、是否连着家里的网络。";
    on_a_tv: "On a TV? Open", "在电视上？打开";
    tv_view: "TV view", "电视模式";
    back_shortly: "Back shortly", "马上回来";
    starting: "Starting", "马上开始";

    // Watch.
    player: "Player", "播放器";
    controls: "Controls", "播放控制";
    play: "Play", "播放";
    pause: "Pause", "暂停";
    sound_off: "Sound off", "静音";
    sound_on: "Sound on", "打开声音";
    volume: "Volume", "音量";
    full_screen: "Full screen", "全屏";
    how_to_play: "How to play", "播放方式";
    mode_auto: "Automatic", "自动";
    mode_instant: "Instant", "即时";
    mode_low: "Low delay", "低延迟";
    mode_steady: "Steady", "平稳";
    mode_steady_more: "Steady, for weak Wi-Fi", "平稳（信号弱时）";
    show_delay: "Show the delay", "显示延迟";
    go_to_live: "Go to live", "回到直播";
    behind: "{time} behind", "落后 {time}";
    tap_for_sound: "Tap for sound", "点按打开声音";
    starting_more: "The first picture is on its way.", "第一幅画面正在路上。";
    reconnecting_more: "{name}’s connection dropped. Stay here: it goes on by itself.", "{name}的连接断了。不用刷新，会自动接着播。";
    full: "Every seat is taken", "座位满了";
    full_more: "The box lets you in as soon as a place is free.", "一有空位，就会自动让你进来。";
    is_off_air: "{name} is off air", "{name}未开播";
    is_live: "{name} is live", "{name}开播了";
    watch: "Watch", "观看";
    close: "Close", "关闭";
    see_who: "See who is live", "看看谁在直播";
    cannot_play: "This picture does not play here", "这里放不了这个画面";
    cannot_play_more: "Tried every way this browser knows. Another browser, or the TV page, may work.", "这个浏览器能用的办法都试过了。换个浏览器或打开电视页面试试。";
    open_tv_page: "Open the TV page", "打开电视页面";
    no_script: "Without JavaScript the TV page plays it.", "没有 JavaScript 时，请用电视页面观看。";
    all_channels: "All channels", "所有频道";
    old_tv_more: "Go live from a phone or computer:", "用手机或电脑开播：";

    // Log in.
    log_in_lead: "Log in to go live.", "登录后即可开播。";
    name: "Name", "名字";
    password: "Password", "密码";
    show_password: "Show the password", "显示密码";
    wrong_log_in: "Name and password do not match.", "名字和密码不匹配。";
    slow: "Too many tries. Go on in {s} s.", "试得太多了，{s} 秒后再来。";
    busy: "Many people log in just now. Try again in a moment.", "现在登录的人太多，请稍后再试。";
    just_watch: "Just watch", "直接观看";

    // First run.
    welcome: "Welcome", "欢迎";
    ready: "Your box is ready", "盒子准备好了";
    ready_lead: "Make the owner’s account. It takes a minute.", "先建一个主人账户，一分钟就好。";
    code: "Set-up code", "设置码";
    code_hint: "It is printed where the box was started.", "启动盒子时会显示出来。";
    wrong_code: "This is not the code. Look where the box was started.", "设置码不对。请看启动盒子时显示的内容。";
    your_name: "Your name", "你的名字";
    address: "Short address", "短地址";
    address_hint: "Letters a–z and figures, such as “anna”: your page becomes /@anna. It stays for good.", "用字母 a–z 和数字，比如“anna”：你的页面就是 /@anna。以后不能改。";
    address_needed: "Give a short address too: letters a–z and figures.", "还需要一个短地址：字母 a–z 和数字。";
    password_hint: "10 characters or more. A short sentence is best.", "至少 10 个字符，一句短话最好。";
    light: "Light the fire", "点火";
    stays_home: "Nothing leaves your home.", "一切都留在家里。";
    burning: "It is burning", "炉火点着了";
    burning_lead: "Open it on any screen at home.", "家里任何屏幕都能打开。";
    later: "Later", "以后再说";
    owned: "This box has an owner", "盒子已经有主人了";
    owned_lead: "The owner’s account was made already. Log in, or just watch.", "主人账户已经建好了。请登录，或者直接观看。";

    // What is wrong with a field.
    bad_display_name: "A name has 1 to 64 characters.", "名字要 1 到 64 个字符。";
    bad_address: "2 to 32 characters: a–z, 0–9, - and _; a letter or figure first.", "2 到 32 个字符：a–z、0–9、- 和 _，以字母或数字开头。";
    reserved_address: "The box needs this word itself. Take another.", "这个词盒子自己要用，请换一个。";
    taken: "Somebody has this name. Take another.", "这个名字有人用了，请换一个。";
    short_password: "10 characters or more, please.", "密码至少 10 个字符。";
    long_password: "256 bytes at most.", "密码最多 256 字节。";
    no_room: "The box has no room for more.", "盒子放不下了。";
    card_failed: "The card could not be written. Until the box is started again it can save nothing; what is live goes on.", "存储卡写不进去了。盒子重启之前什么都存不了，正在播的不受影响。";
    not_saved: "The box could not save this. Try again.", "盒子没能保存，请再试一次。";

    // Studio.
    waiting: "Waiting for your picture", "等待你的画面";
    dropped: "Your encoder’s connection dropped. It may come back at the same address.", "推流断了。用同样的地址可以接着播。";
    no_picture: "No picture yet", "还没有画面";
    no_picture_more: "Start streaming, and it shows here.", "开始推流，画面就会出现在这里。";
    preview: "Preview", "预览";
    watch_page: "Watch page", "观看页面";
    point_here: "Point your encoder here", "把推流软件指向这里";
    server: "Server", "服务器";
    server_by_number: "If the name is not found, use the number:", "如果找不到名字，就用数字：";
    copy_server: "Copy the server address", "复制服务器地址";
    copy_number: "Copy the numeric server address", "复制数字地址";
    stream_key: "Stream key", "串流密钥";
    key_hidden: "Key hidden", "密钥已隐藏";
    show_key: "Show the key", "显示密钥";
    hide_key: "Hide the key", "隐藏密钥";
    copy_key: "Copy the key", "复制密钥";
    key_secret: "Keep it to yourself: who has it goes live as you.", "不要告诉别人：谁有它，谁就能以你的名义开播。";
    key_lost: "This key can’t be shown any more. Replace it.", "这个密钥无法再显示，请更换。";
    key_replaced: "Your key is new. Paste it into your encoder.", "密钥已更换，请粘贴到推流软件里。";
    one_field: "Only one field? Both together", "只有一个输入框？合在一起";
    show_joined: "Show the joined address", "显示合并地址";
    copy_joined: "Copy the joined address", "复制合并地址";
    start_streaming: "Start streaming", "开始推流";
    start_streaming_more: "Your picture appears on this page in a second.", "画面马上会出现在这个页面上。";
    replace_key: "Replace the key", "更换密钥";
    replace_now: "Replace it", "确定更换";
    wrong_key: "A wrong key arrived", "收到了错误的密钥";
    wrong_key_more: "{ago} from {from}. Copy the key below and paste it again, without spaces.", "{ago}，来自 {from}。请复制下面的密钥重新粘贴，不要带空格。";
    already_live: "You are already live", "你已经在直播了";
    already_live_more: "{ago} another encoder with another of your keys was turned away, from {from}.", "{ago}，来自 {from} 的另一个推流用了你的另一个密钥，被拒绝了。";
    let_in: "Let the other one in", "让另一个接替";
    let_in_done: "The other one may start now: within a minute it takes over.", "现在可以开始另一个推流：一分钟内它会接替。";
    may_not_publish: "Your account watches only", "你的账户只能观看";
    may_not_publish_more: "Ask the owner if you want to go live.", "想开播的话，请找主人。";

    // Settings.
    settings: "Your account", "我的账户";
    display_name: "What people call you", "大家怎么称呼你";
    save: "Save", "保存";
    saved: "Saved.", "已保存。";
    new_password: "New password", "新密码";
    old_password: "Password now", "现在的密码";
    change_password: "Change the password", "修改密码";
    password_changed: "The password is new. Other screens have to log in again.", "密码已修改，其他屏幕需要重新登录。";
    wrong_password: "This is not your password.", "密码不对。";
    your_page: "Your page", "你的页面";

    // Errors.
    not_found: "There is nothing here", "这里什么也没有";
    not_found_more: "The address may be mistyped, or what was here is gone.", "地址可能写错了，或者内容已经不在了。";
    owner_only: "This is for the owner", "这里只有主人能用";
    owner_only_more: "Ask the person who set the box up.", "请找设置盒子的人。";
    not_allowed: "Your account may not do this.", "你的账户不能这样做。";
    log_in_first: "Log in first.", "请先登录。";
    stale: "This page was open for too long", "页面打开得太久了";
    stale_more: "Open it again, and do it once more.", "请重新打开，再做一次。";
    malformed: "The box did not understand this", "盒子没看懂";
    malformed_more: "Go back and try it once more.", "请返回再试一次。";
    failed: "Something went wrong in the box", "盒子出了点问题";
    failed_more: "Try again in a moment. What is live goes on.", "请稍后再试，正在播的不受影响。";
}

/// Fails for words that are not there in both languages, with the same blanks.
#[cfg(test)]
fn check(all: &[(&str, &str, &str)]) {
    fn blanks(sentence: &str) -> std::collections::BTreeSet<&str> {
        let parts = sentence.split('{').skip(1);
        parts.filter_map(|p| Some(p.split_once('}')?.0)).collect()
    }
    for (name, english, chinese) in all {
        assert!(!english.is_empty() && !chinese.is_empty(), "{name}");
        assert_eq!(blanks(english), blanks(chinese), "{name}");
        assert!(!chinese.is_ascii(), "{name} is not translated");
        assert!(!english.contains('!') && !chinese.contains('！'), "{name}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_language_that_we_have_is_taken() {
        for (header, language) in [
            ("", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::English),
            ("fr,de;q=0.9,zh-TW;q=0.5", Language::Chinese),
            ("en;q=0.2, ZH;q=0.25", Language::Chinese),
            ("fr", Language::English),
            ("zh;q=0", Language::English),
            ("zh;q=nonsense", Language::English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }

    #[test]
    fn values_are_filled_in_once() {
        assert_eq!(
            fill("{a} and {b}.", &[("a", "{b}"), ("b", "2")]),
            "{b} and 2."
        );
        assert_eq!(fill("{missing}x{", &[]), "x");
    }
}
