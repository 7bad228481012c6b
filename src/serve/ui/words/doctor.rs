//! What the encoder doctor says: each finding in a line, and what to do about it.

words! {
    // Verdicts.
    all_good: "All good", "一切正常";
    one_to_change: "One thing to change", "有一处要改";
    to_change: "{n} things to change", "有 {n} 处要改";
    one_hint: "Good, with one hint", "正常，有一条建议";
    hints: "Good, with {n} hints", "正常，有 {n} 条建议";
    looking: "Looking at your stream", "正在检查你的画面";
    doctor: "Encoder doctor", "推流检查";

    // Charts.
    chart_bitrate: "Bitrate, last 2 min", "码率，最近 2 分钟";
    chart_pictures: "Pictures a second", "每秒画面数";
    chart_missing: "{n} missing", "缺 {n} 幅";
    chart_bitrate_said: "Bitrate over the last two minutes: now {now}, between {low} and {high} megabits per second", "最近两分钟的码率：现在 {now}，在 {low} 到 {high} 兆比特每秒之间";
    chart_pictures_said: "Pictures a second over the last two minutes: now {now}; {n} were missing", "最近两分钟的每秒画面数：现在 {now}，缺了 {n} 幅";

    // Picture.
    keyframes: "A keyframe comes only every {s} s", "每 {s} 秒才有一个关键帧";
    keyframes_do: "Viewers wait that long for the first picture. In OBS: Settings → Output → Keyframe Interval: 2 s.", "观众要等这么久才看到第一幅画面。OBS：设置 → 输出 → 关键帧间隔：2 秒。";
    keyframes_fine: "Keyframe every {s} s", "每 {s} 秒一个关键帧";
    no_picture: "There is no picture", "没有画面";
    no_picture_do: "Only sound arrives. In OBS: Sources, add a camera or a screen. In a phone app: allow the camera.", "只收到了声音。OBS：来源里添加摄像头或屏幕。手机应用：允许使用摄像头。";
    picture_stopped: "The picture stopped {n} s ago", "画面在 {n} 秒前停了";
    picture_stopped_do: "Stop streaming and start again. Is the camera still connected?", "请停止推流再重新开始。摄像头还连着吗？";
    missing: "{n} pictures were missing in the last minute", "最近一分钟缺了 {n} 幅画面";
    missing_do: "The computer or the network does not keep up. In OBS: look at “Dropped frames” below, then lower Output → Video Bitrate, or choose a faster encoder preset.", "电脑或网络跟不上。OBS：看底部的“丢帧”，然后调低输出 → 视频码率，或选更快的编码器预设。";
    rate_below: "{n} pictures a second instead of {of}", "每秒 {n} 幅画面，而不是 {of} 幅";
    rate_below_do: "In OBS: Settings → Video → choose a lower frame rate that the computer keeps.", "OBS：设置 → 视频 → 选一个电脑跟得上的较低帧率。";
    rate_varies: "The frame rate is not steady", "帧率不稳定";
    rate_varies_do: "Some TVs stutter with it. Set a fixed frame rate: phones slow down in the dark, so give them light or 24 pictures a second.", "有些电视会因此卡顿。请设为固定帧率：手机在暗处会变慢，多给点光，或设为每秒 24 幅。";
    picture: "{w} × {h}, {n} pictures/s", "{w} × {h}，每秒 {n} 幅";
    profile: "{name} does not play on many screens", "很多屏幕放不了 {name}";
    profile_do: "In OBS: Settings → Advanced → Color Format NV12, and Output → Profile: high.", "OBS：设置 → 高级 → 色彩格式 NV12，再到输出 → 配置（Profile）选 high。";
    level: "H.264 level {n} is more than many TVs can show", "H.264 级别 {n} 超出了许多电视的能力";
    level_do: "At most 1920 × 1080 at 60 pictures a second: in OBS Settings → Video → Output Resolution.", "最多 1920 × 1080、每秒 60 幅：OBS 设置 → 视频 → 输出分辨率。";
    size_large: "{w} × {h} is more than many TVs can show", "{w} × {h} 超出了许多电视的能力";
    size_large_do: "In OBS: Settings → Video → Output (Scaled) Resolution: 1920 × 1080.", "OBS：设置 → 视频 → 输出（缩放）分辨率：1920 × 1080。";
    size_odd: "{w} × {h}: an odd number of pixels", "{w} × {h}：像素数是奇数";
    size_odd_do: "Some screens show a green edge. Choose even numbers, such as 1280 × 720.", "有些屏幕会出现绿边。请用偶数，例如 1280 × 720。";
    codec: "H.264 {name}, plays everywhere", "H.264 {name}，哪里都能放";
    b_frames: "B-frames delay the picture by {n} ms", "B 帧让画面晚 {n} 毫秒";
    b_frames_do: "In OBS: Settings → Output → B-frames (bf): 0 to 2.", "OBS：设置 → 输出 → B 帧：0 到 2。";
    b_frames_fine: "B-frames: {n} ms", "B 帧：{n} 毫秒";

    // Sound.
    sound_announced: "There is no sound", "没有声音";
    sound_announced_do: "Your encoder announced sound but sends none. In OBS: Sources, add “Audio Input Capture”, and look that its bar moves.", "推流软件说有声音，却没有发送。OBS：来源里添加“音频输入采集”，并看音量条是否在动。";
    no_sound: "The stream is silent", "直播没有声音";
    no_sound_do: "No sound was announced. If that is meant, all is well; else switch the microphone on in your app.", "没有声音轨道。如果是有意的就没问题，否则请在应用里打开麦克风。";
    sound_stopped: "The sound stopped {n} s ago", "声音在 {n} 秒前停了";
    sound_stopped_do: "Is the microphone still connected? Stop streaming and start again.", "麦克风还连着吗？请停止推流再重新开始。";
    sound_holes: "{n} s of sound were missing in the last minute", "最近一分钟缺了 {n} 秒声音";
    sound_holes_do: "Silence was put in. Close other programs, or lower the bitrate: the computer or the network does not keep up.", "缺的地方补了静音。请关掉别的程序，或调低码率：电脑或网络跟不上。";
    sound_late: "Sound comes {n} ms behind the picture", "声音比画面晚 {n} 毫秒";
    sound_early: "Sound comes {n} ms before the picture", "声音比画面早 {n} 毫秒";
    sound_apart_do: "In OBS: Edit → Advanced Audio Properties → Sync Offset: 0. For a capture card, set the delay there.", "OBS：编辑 → 高级音频属性 → 同步偏移：0。用采集卡的话，在那里设置延迟。";
    sound_high_efficiency: "HE-AAC sounds dull or not at all on some screens", "有些屏幕放 HE-AAC 声音发闷或没有声音";
    sound_high_efficiency_do: "Choose AAC (LC) with 128 kbit/s or more.", "请选 AAC（LC），128 kbit/s 或更高。";
    sound_rate: "Sound at {n} kHz does not play everywhere", "{n} kHz 的声音不是哪里都能放";
    sound_rate_do: "In OBS: Settings → Audio → Sample Rate: 48 kHz.", "OBS：设置 → 音频 → 采样率：48 kHz。";
    sound_channels: "Sound with {n} channels does not play everywhere", "{n} 声道的声音不是哪里都能放";
    sound_channels_do: "In OBS: Settings → Audio → Channels: Stereo.", "OBS：设置 → 音频 → 声道：立体声。";
    sound_mono: "Sound: AAC, mono", "声音：AAC，单声道";
    sound_stereo: "Sound: AAC, stereo", "声音：AAC，立体声";

    // Bitrate, network, clock.
    bitrate: "{n} Mbit/s", "码率 {n} Mbit/s";
    swings: "The bitrate goes from {low} to {high} Mbit/s", "码率在 {low} 到 {high} Mbit/s 之间起伏";
    swings_do: "Wi-Fi likes it steady. In OBS: Settings → Output → Rate Control: CBR.", "无线网络喜欢稳定的码率。OBS：设置 → 输出 → 码率控制：CBR。";
    over_house: "{n} Mbit/s, and the house allows {of}", "{n} Mbit/s，超过了家里允许的 {of}";
    over_house_do: "In OBS: Settings → Output → Video Bitrate: {kbps} kbit/s or less.", "OBS：设置 → 输出 → 视频码率：{kbps} kbit/s 或更低。";
    window: "Viewers can go back by {n} s only", "观众只能回看 {n} 秒";
    window_do: "At this bitrate the box keeps no more. In OBS: Settings → Output → Video Bitrate: {kbps} kbit/s or less.", "这个码率下盒子存不了更多。OBS：设置 → 输出 → 视频码率：{kbps} kbit/s 或更低。";
    late: "Your stream comes in fits and starts: up to {n} s late", "推流断断续续：最多晚 {n} 秒";
    late_do: "The network between encoder and box is too slow. Use a cable or go nearer to the Wi-Fi, or lower Output → Video Bitrate.", "推流设备到盒子的网络太慢。请用网线、靠近路由器，或调低输出 → 视频码率。";
    behind: "Your stream falls {n} s behind each minute", "推流每分钟落后 {n} 秒";
    behind_do: "The encoder or the network does not keep up. In OBS: lower Output → Video Bitrate, or choose a faster encoder preset.", "编码或网络跟不上。OBS：调低输出 → 视频码率，或选更快的编码器预设。";
    drift: "The encoder’s clock is off by {n} s an hour", "推流设备的时钟每小时差 {n} 秒";
    drift_do: "Instant viewers may see a skip now and then. In OBS: Settings → Audio → Sample Rate: the same as the microphone’s.", "即时观看时偶尔会跳一下。OBS：设置 → 音频 → 采样率：与麦克风相同。";
    steady: "Clock steady", "时钟稳定";
    jumps: "Time stamps jumped {n} times and were put right", "时间戳跳了 {n} 次，已修正";
    jumps_do: "If pictures skip: stop streaming and start again. An update of the app may help.", "如果画面跳动：请停止推流再重新开始，更新应用也可能有用。";
    reconnects_once: "The connection broke once", "连接断过一次";
    reconnects: "The connection broke {n} times", "连接断过 {n} 次";
    reconnects_do: "Viewers stayed. A cable or a place nearer to the Wi-Fi helps.", "观众没有掉线。用网线或靠近路由器会好些。";
    no_reconnects: "No reconnects", "没有断线";
    taken_over_once: "Another encoder took over once", "另一个推流接替过一次";
    taken_over: "Another encoder took over {n} times", "另一个推流接替过 {n} 次";
    taken_over_do: "If that was not you: replace the key on this page.", "如果不是你本人：请在本页更换密钥。";
}
