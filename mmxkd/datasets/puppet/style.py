"""What makes a puppet world easy or hard, in one place."""

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class PuppetStyle:
    """Difficulty of a puppet world; every pair is a range drawn from uniformly. A harder world is another instance, nothing else.

    The defaults are the easy end: large bright figures on a dark background, which a network of embed 8 learns in a minute.

    Motion:
        hold: share of the clip spent motionless at either end of a transition.
        ease: sharpness of a transition's middle, 1 = uniform speed.
        skew: exponent that makes a transition start late (> 1) or early (< 1).
        amplitude: share of the full movement that is carried out.
        speed: factor on the frequency of periodic movements.
        stance: standard deviation of the angles a figure stands at, degrees.
        sway: standard deviation of the slow swaying of every joint, degrees.

    Camera (lengths in shares of the frame's side):
        height: standing height of the figure.
        centre: horizontal centre of the figure.
        ground: height of the floor, measured from the top.
        yaw: largest turn away from the exact side view, degrees (foreshortening).
        tilt: largest roll, degrees.
        follow: share of the figure's walk that the camera pans along with.
        drift: largest steady movement over the clip.
        jitter: standard deviation of the movement between frames.

    Picture (8-bit levels):
        figure_levels: levels of a figure's colours, per channel.
        background_levels: levels of a background's colours, per channel.
        swapped: share of groups with a dark figure on a bright background.
        shapes: mean number of background shapes per frame (whole numbers, both ends included).
        texture: standard deviation of the background's grain.
        noise: standard deviation of the noise, drawn per pixel, channel and frame.
    """

    hold: Range = (0.0, 0.3)
    ease: Range = (1.2, 2.4)
    skew: Range = (0.75, 1.33)
    amplitude: Range = (0.8, 1.05)
    speed: Range = (0.8, 1.25)
    stance: float = 3.0
    sway: float = 1.5
    height: Range = (0.72, 0.85)
    centre: Range = (0.44, 0.56)
    ground: Range = (0.91, 0.97)
    yaw: float = 35.0
    tilt: float = 4.0
    follow: Range = (0.75, 0.9)
    drift: float = 0.03
    jitter: float = 0.004
    figure_levels: Range = (170.0, 255.0)
    background_levels: Range = (10.0, 95.0)
    swapped: float = 0.0
    shapes: tuple[int, int] = (1, 3)
    texture: float = 8.0
    noise: float = 4.0


DEFAULT_STYLE = PuppetStyle()
