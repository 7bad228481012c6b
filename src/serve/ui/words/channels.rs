//! What people do with channels: following, comments, finding, and a channel's own settings.

words! {
    // Following.
    follow: "Follow", "关注";
    following: "Following", "已关注";
    one_follower: "1 follower", "1 人关注";
    followers: "{n} followers", "{n} 人关注";
    last_live: "Last live {when}", "{when}播过";
    never_live: "Not live yet", "还没播过";
    just_live: "Last live just now", "刚刚播过";
    told_follow: "Follow {name} to be told next time.", "关注{name}，开播时会通知你。";
    told_you: "You will be told next time.", "再次开播时会通知你。";
    told_two: "You and {name} will be told next time.", "再次开播时会通知你和{name}。";
    told_three: "You, {name} and 1 other will be told next time.", "再次开播时会通知你、{name}和另外 1 人。";
    told_many: "You, {name} and {n} others will be told next time.", "再次开播时会通知你、{name}和另外 {n} 人。";
    told_one_follows: "1 person will be told next time.", "再次开播时会通知 1 人。";
    told_all_follow: "{n} people will be told next time.", "再次开播时会通知 {n} 人。";
    follows_you: "Who follows you", "谁关注了你";
    nobody_follows: "Nobody yet. Whoever opens your page can press Follow.", "还没有人。打开你的页面就能点“关注”。";

    // Who watches.
    watched_by: "{names} watching", "{names}在看";
    watched_by_and_one: "{names} and 1 other watching", "{names}和另外 1 人在看";
    watched_by_and: "{names} and {n} others watching", "{names}和另外 {n} 人在看";
    watched_by_one: "1 viewer who is not logged in", "1 位未登录的观众";
    watched_by_others: "{n} viewers who are not logged in", "{n} 位未登录的观众";
    watched_by_nobody: "Nobody watching", "没有人在看";

    // Quiet hours.
    quiet_until: "Quiet hours until {time}.", "安静时段，到 {time} 结束。";

    // When.
    today: "today, {time}", "今天 {time} ";
    yesterday: "yesterday, {time}", "昨天 {time} ";
    on_weekday: "on {weekday}", "这{weekday}";
    on_weekday_of_last_week: "on {weekday}", "上{weekday}";
    on_date: "on {day} {month}", "{month}{day}日";
    hours_ago: "{h} h ago", "{h} 小时前";
    days_ago: "{d} days ago", "{d} 天前";
    weekdays: "Sunday Monday Tuesday Wednesday Thursday Friday Saturday", "星期日 星期一 星期二 星期三 星期四 星期五 星期六";
    months: "January February March April May June July August September October November December", "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月";

    // Comments.
    comments: "Comments", "评论";
    say: "Say something", "说点什么";
    send: "Send", "发送";
    host: "Host", "主播";
    no_comments: "Nobody has said anything yet.", "还没有人说话。";
    earlier: "Show earlier", "看更早的";
    newer: "New comments", "有新评论";
    comment_of: "{name}: {text}", "{name}：{text}";
    new_comments: "{n} new comments", "{n} 条新评论";
    removed_by: "Removed by {name}", "已被{name}删除";
    removed: "Removed", "已删除";
    remove: "Remove this comment", "删除这条评论";
    more_about: "More: {name}", "更多：{name}";
    mute: "No more comments from {name}", "不让{name}评论";
    muted_done: "{name} can’t comment here any more.", "{name}不能在这里评论了。";
    undo: "Undo", "撤销";
    muted_people: "Who can’t comment here", "谁不能在这里评论";
    unmute: "Let {name} comment", "让{name}评论";
    comment_wait: "One moment, then send again ({s} s).", "稍等，{s} 秒后再发。";
    comment_empty: "Write something first.", "请先写点什么。";
    comment_long: "500 characters at most.", "最多 500 个字。";
    comment_log_in: "Log in to comment.", "登录后可以评论。";
    comment_guest: "Guests watch. Ask the owner if you want to comment.", "访客只能观看。想评论的话，请找主人。";
    comment_child: "Comments are for the grown-ups here.", "孩子不能评论。";
    comment_muted: "Comments are switched off for you here.", "你在这里不能评论。";
    not_sent: "The box did not take it. Send it again.", "没有发出去，请再发一次。";
    open_link: "Open the link {url}", "打开链接 {url}";

    // Finding.
    search: "Search", "搜索";
    search_for: "Search people, titles, tags", "搜索人、标题、标签";
    nothing_found: "Nobody and nothing found.", "什么也没找到。";
    one_found: "1 found", "找到 1 个";
    found: "{n} found", "找到 {n} 个";
    tags: "Tags", "标签";
    all: "All", "全部";
    nobody_tagged: "Nobody with this tag is live.", "没有带这个标签的人在直播。";

    // Who may watch.
    asks_phrase: "This channel asks for a pass-phrase", "这个频道需要口令";
    phrase: "Pass-phrase", "口令";
    wrong_phrase: "This is not the pass-phrase.", "口令不对。";
    members_log_in: "Some channels are for the family: log in to see them.", "有些频道只给家人看：登录后可见。";

    // Other players.
    elsewhere: "Play elsewhere", "在别处播放";
    elsewhere_players: "VLC, Kodi and TV boxes open this address:", "VLC、Kodi 和电视盒子打开这个地址：";
    elsewhere_soonest: "With the least delay, where a player can:", "延迟最低，但不是每个播放器都能放：";
    copy_players: "Copy the address for VLC, Kodi and TV boxes", "复制 VLC、Kodi 和电视盒子用的地址";
    copy_soonest: "Copy the address with the least delay", "复制延迟最低的地址";
    pass_lasts: "Both hold a pass that counts for {time} more: whoever has one can watch. After that, copy it here again.", "地址里带有通行证，还能用 {time}：谁拿到地址都能看。过期后请回到这里重新复制。";

    // A channel's own settings.
    channel: "Your channel", "我的频道";
    about: "About", "简介";
    title: "Title", "标题";
    title_hint: "What you show. It stands under the picture.", "你在播什么，会写在画面下面。";
    description: "Description", "简介文字";
    tags_hint: "Up to 8, with commas between: pottery, garden", "最多 8 个，用逗号分开：陶艺、花园";
    who_may_watch: "Who may watch", "谁可以看";
    household: "Everybody at home", "家里所有人";
    household_more: "With or without an account.", "有没有账户都可以。";
    members: "The family", "家人";
    members_more: "Whoever is logged in and no guest.", "已登录、不是访客的人。";
    by_phrase: "Those who know the pass-phrase", "知道口令的人";
    by_phrase_more: "And you and the owner of the house.", "还有你和这个家的主人。";
    phrase_hint: "4 characters or more. Capitals and blanks do not count. A new one ends what was open with the old one.", "至少 4 个字符，不分大小写和空格。换新口令后，旧口令打开的画面会关闭。";
    phrase_kept: "There is one. Leave this empty to keep it.", "已经有口令。留空则不变。";
    picture: "Picture", "图片";
    picture_hint: "It stands for your channel while there is no picture of the stream. It is made small before it is sent.", "没有直播画面时，用它代表你的频道。发送前会自动缩小。";
    picture_choose: "Choose a picture", "选择图片";
    picture_remove: "Remove the picture", "删除图片";
    picture_failed: "This picture can’t be used. Take a JPEG, PNG or WebP file.", "这张图片不能用，请选 JPEG、PNG 或 WebP 文件。";
    picture_large: "The picture is too large: 48 KiB and 1024 pixels at most.", "图片太大：最多 48 KiB、1024 像素。";
    bad_title: "120 characters at most.", "最多 120 个字。";
    bad_description: "2000 characters at most.", "最多 2000 个字。";
    bad_tags: "8 tags at most, each with 32 characters at most.", "最多 8 个标签，每个最多 32 个字。";
    bad_phrase: "4 characters or more, 128 bytes at most.", "至少 4 个字符，最多 128 字节。";
    phrase_needed: "Give a pass-phrase too.", "还需要一个口令。";
}
