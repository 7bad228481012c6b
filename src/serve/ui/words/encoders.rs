//! How encoders are set up: apps, files, lines to type.

words! {
    quick: "Set up in one step", "一步设好";
    phone: "With a phone: scan", "用手机：扫一扫";
    phone_more: "Scan it with the phone’s camera: Larix opens with everything filled in. IRL Pro reads it too.", "用手机相机扫描：Larix 会打开并填好一切。IRL Pro 也能识别。";
    phone_secret: "Whoever scans it can go live as you.", "谁扫描了它，谁就能以你的名义开播。";
    qr_label: "QR code with the server and this key, for the Larix app", "含服务器和密钥的二维码，供 Larix 应用使用";
    open_larix: "Open in Larix", "在 Larix 中打开";
    open_moblin: "Open in Moblin (iPhone)", "在 Moblin 中打开（iPhone）";
    obs: "With OBS: a profile", "用 OBS：配置文件";
    obs_more: "Unpack the file. In OBS choose Profile → Import, then the folder “Hearth”: server, key, 2 s keyframes and a steady bitrate are set. Your scenes stay.", "解压文件。在 OBS 中选“配置文件 → 导入”，再选“Hearth”文件夹：服务器、密钥、2 秒关键帧和稳定码率都设好了。你的场景不变。";
    obs_by_hand: "By hand: Settings → Stream → Service “Custom…”, then server and key from above. Output → Keyframe Interval: 2 s.", "手动设置：设置 → 直播 → 服务“自定义…”，填上面的服务器和密钥。输出 → 关键帧间隔：2 秒。";
    download: "Download the profile", "下载配置文件";
    others: "Other encoders", "其他推流软件";
    others_more: "Apps with two fields take server and key; with one field, both together. Cameras and drones often need the number and “:1935”:", "有两个输入框的填服务器和密钥，只有一个的填合在一起的地址。摄像机和无人机常要用数字地址并加上“:1935”：";
    ffmpeg: "ffmpeg, for a file:", "用 ffmpeg 推送文件：";
    gstreamer: "GStreamer, for a test picture:", "用 GStreamer 推送测试画面：";
    copy_line: "Copy the line", "复制这一行";
    refused: "Wrong keys that arrived", "收到过的错误密钥";
    refused_row: "{ago} from {from}, beginning with “{begins}”", "{ago}，来自 {from}，开头是“{begins}”";
    refused_empty: "{ago} from {from}", "{ago}，来自 {from}";
}
