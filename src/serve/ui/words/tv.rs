//! The TV pages, and what the player's further controls say.

words! {
    live_tab: "Live", "直播";
    quiet_more: "Nobody is live. This screen shows it when somebody starts.", "没有人在直播。有人开播时，这里会自动出现。";
    from_phone: "Comment and go live from your phone", "用手机评论和开播";
    qr_label: "QR code for {address}", "{address} 的二维码";
    usual_view: "Usual view", "普通页面";
    log_in_lead: "Then you can follow people, and see what is for the family.", "登录后可以关注，也能看只给家人看的频道。";
    shared: "Whoever sits at this TV then watches as you. The way out is your picture on the first page.", "之后看这台电视的人都用你的身份。想退出，就点首页上你的头像。";
    shared_now: "Whoever sits at this TV watches as you.", "现在看这台电视的人都用你的身份。";
    show_phrase: "Show the pass-phrase", "显示口令";
    press_ok: "Press OK for sound", "按 OK 打开声音";
    sound: "Sound", "声音";
    timeline: "Rewind", "回看";
    pip: "Picture in picture", "画中画";
    airplay: "AirPlay", "隔空播放";
    leave_full: "Leave full screen", "退出全屏";
}
